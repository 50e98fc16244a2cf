package dev.controlplane.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.RegisterRequest;
import dev.controlplane.proto.ReportedState;
import dev.controlplane.proto.StatusReport;
import dev.controlplane.proto.StatusSummary;
import dev.controlplane.proto.SubscribeRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What a program learns of each error of the service, besides its code. */
@Timeout(60)
class ErrorDetailsTest {
  @TempDir static Path data;
  private static Writer writer;
  private static ServerUnderTest server;
  private static Channel channel;

  @BeforeAll
  static void start() {
    writer = new Writer(data);
    server = ServerUnderTest.start(data, Map.of("GRPC_MAX_STREAMS", "1"));
    channel = server.connect();
  }

  @AfterAll
  static void stop() {
    server.close();
    writer.close();
  }

  /** What an error says: code, reason, field that was wrong and whether another attempt may do. */
  private record Told(Status.Code code, String reason, String field, boolean again) {
    static Told by(Executable call) {
      return by(assertThrows(StatusRuntimeException.class, call));
    }

    static Told by(Throwable failure) {
      com.google.rpc.Status status = StatusProto.fromThrowable(failure);
      assertNotNull(status, () -> "no details: " + failure);
      assertEquals(Status.fromThrowable(failure).getDescription(), status.getMessage());
      String reason = null;
      String field = null;
      boolean again = false;
      try {
        for (Any detail : status.getDetailsList()) {
          if (detail.is(ErrorInfo.class)) {
            assertEquals("controlplane", detail.unpack(ErrorInfo.class).getDomain());
            reason = detail.unpack(ErrorInfo.class).getReason();
          } else if (detail.is(BadRequest.class)) {
            field = detail.unpack(BadRequest.class).getFieldViolations(0).getField();
          } else if (detail.is(RetryInfo.class)) {
            assertTrue(detail.unpack(RetryInfo.class).getRetryDelay().getSeconds() > 0);
            again = true;
          }
        }
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
      return new Told(Status.fromThrowable(failure).getCode(), reason, field, again);
    }
  }

  private static Told invalid(String reason, String field) {
    return new Told(Status.Code.INVALID_ARGUMENT, reason, field, false);
  }

  private static Executable register(String id, String endpoint) {
    RegisterRequest request =
        RegisterRequest.newBuilder().setConsumerId(id).setEndpoint(endpoint).build();
    return () ->
        ControlPlaneGrpc.newBlockingStub(channel)
            .withDeadlineAfter(20, TimeUnit.SECONDS)
            .registerConsumer(request);
  }

  private static Executable subscribe(SubscribeRequest.Builder request) {
    return () ->
        ControlPlaneGrpc.newBlockingStub(channel)
            .withDeadlineAfter(20, TimeUnit.SECONDS)
            .subscribeWorkerUpdates(request.build())
            .hasNext();
  }

  private static Told report(StatusReport.Builder report) throws Exception {
    CompletableFuture<Throwable> end = new CompletableFuture<>();
    StreamObserver<StatusReport> reports =
        ClientCalls.asyncClientStreamingCall(
            channel.newCall(ControlPlaneGrpc.getReportStatusMethod(), CallOptions.DEFAULT),
            new StreamObserver<StatusSummary>() {
              @Override
              public void onNext(StatusSummary summary) {}

              @Override
              public void onError(Throwable t) {
                end.complete(t);
              }

              @Override
              public void onCompleted() {
                end.complete(null);
              }
            });
    reports.onNext(report.build());
    return Told.by(end.get(20, TimeUnit.SECONDS));
  }

  @Test
  void anInvalidFieldIsNamed() throws Exception {
    assertEquals(invalid("INVALID_NAME", "consumer_id"), Told.by(register("", "here")));
    assertEquals(
        invalid("INVALID_ENDPOINT", "endpoint"), Told.by(register("long", "e".repeat(2049))));
    assertEquals(
        invalid("INVALID_NAME", "worker_names"),
        Told.by(subscribe(SubscribeRequest.newBuilder().setConsumerId("c").addWorkerNames("a/b"))));
    assertEquals(
        invalid("INVALID_HELD", "held"),
        Told.by(subscribe(SubscribeRequest.newBuilder().setConsumerId("c").putHeld("w", "no"))));
    assertEquals(
        invalid("INVALID_DELIVERY", "delivery"),
        Told.by(subscribe(SubscribeRequest.newBuilder().setConsumerId("c").setDeliveryValue(9))));
    assertEquals(
        invalid("INVALID_STATE", "state"),
        report(StatusReport.newBuilder().setConsumerId("c").setWorkerName("w").setVersion("1")));
  }

  @Test
  void whatIsNotThereHasTheCodeOfTheHttpApi() throws Exception {
    assertEquals(
        new Told(Status.Code.NOT_FOUND, "NOT_FOUND", null, false),
        report(
            StatusReport.newBuilder()
                .setConsumerId("unknown")
                .setWorkerName("w")
                .setVersion("1")
                .setState(ReportedState.ACTIVE)));
  }

  @Test
  void anErrorOfAnotherServiceCarriesDetailsToo() {
    HealthCheckRequest unknown = HealthCheckRequest.newBuilder().setService("unknown").build();
    assertEquals(
        new Told(Status.Code.NOT_FOUND, "NOT_FOUND", null, false),
        Told.by(() -> HealthGrpc.newBlockingStub(channel).check(unknown)));
  }

  @Test
  void whoMayTryAgainIsToldWhen() {
    Stream open = Stream.open(channel, "open");
    assertEquals(
        new Told(Status.Code.RESOURCE_EXHAUSTED, "TOO_MANY_STREAMS", null, true),
        Told.by(subscribe(SubscribeRequest.newBuilder().setConsumerId("one-more"))));
    open.cancel();
  }

  @Test
  void aStreamThatEndsWithItsServerSaysSo(@TempDir Path own) {
    try (Writer _ = new Writer(own);
        ServerUnderTest ending = ServerUnderTest.start(own, Map.of())) {
      Stream stream = Stream.open(ending.connect(), "left");
      ending.process().toHandle().destroy();
      assertEquals(Status.Code.UNAVAILABLE, stream.end().getCode());
      assertEquals(
          new Told(Status.Code.UNAVAILABLE, "SERVER_STOPPING", null, true),
          Told.by(stream.failure()));
    }
  }
}
