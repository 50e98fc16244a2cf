package dev.controlplane.transport.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.controlplane.transport.Await;
import dev.controlplane.transport.Bytes;
import dev.controlplane.transport.Client;
import dev.controlplane.transport.Lab;
import dev.controlplane.transport.RawClient;
import dev.controlplane.transport.frames.FrameLimits;
import dev.controlplane.transport.frames.Frames;
import dev.controlplane.transport.status.GrpcError;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCalls;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GrpcErrorTest {
  private static final int MOST_OF_CLIENTS = 8 << 10;

  /** What a header takes beside its name and its value (RFC 9113, section 6.5.2). */
  private static final int OF_HEADER = 32;

  @Test
  void anErrorTellsItsReasonTheFieldThatWasWrongAndWhenToTryAgain() {
    GrpcError error =
        GrpcError.of(Status.INVALID_ARGUMENT.withDescription("größe is 7"), "INVALID_SIZE")
            .field("size")
            .retryAfter(Duration.ofMillis(1500));
    com.google.rpc.Status told = StatusProto.fromThrowable(error.exception());
    assertEquals(Status.Code.INVALID_ARGUMENT.value(), told.getCode());
    assertEquals("größe is 7", told.getMessage());
    assertEquals(
        ErrorInfo.newBuilder().setReason("INVALID_SIZE").setDomain("controlplane").build(),
        detail(told, ErrorInfo.class).orElseThrow());
    BadRequest.FieldViolation violation =
        detail(told, BadRequest.class).orElseThrow().getFieldViolations(0);
    assertEquals("size", violation.getField());
    assertEquals("größe is 7", violation.getDescription());
    com.google.protobuf.Duration delay =
        detail(told, RetryInfo.class).orElseThrow().getRetryDelay();
    assertEquals(1, delay.getSeconds());
    assertEquals(500_000_000, delay.getNanos());
  }

  @Test
  void anErrorOfNoFieldThatComesAgainWithEachAttemptSaysNeither() {
    com.google.rpc.Status told =
        StatusProto.fromThrowable(GrpcError.of(Status.NOT_FOUND, "NOT_FOUND").exception());
    assertEquals(1, told.getDetailsCount());
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "€", "😈", "\n"})
  void aDescriptionOfAnyLengthStaysBelowWhatClientsTake(String character) {
    GrpcError error =
        GrpcError.of(Status.INVALID_ARGUMENT.withDescription(character.repeat(10_000)), "LONG")
            .field("a".repeat(40))
            .retryAfter(Duration.ofDays(1));
    String description = error.status().getDescription();
    assertTrue(description.endsWith("…"), description);
    assertEquals(
        character.repeat((description.length() - 1) / character.length()) + "…", description);
    int size =
        ResponseHeaders.percentEncoded(description).length()
            + "grpc-message".length()
            + Base64.getEncoder().encode(error.details()).length
            + GrpcError.DETAILS.name().length()
            + "grpc-status".length()
            + 2
            + 3 * OF_HEADER;
    assertTrue(size < MOST_OF_CLIENTS, size + " bytes");
    assertEquals(description, StatusProto.fromThrowable(error.exception()).getMessage());
  }

  @ParameterizedTest
  @CsvSource({"999, false", "1000, false", "1001, true"})
  void aDescriptionUpToTheLimitIsToldWhole(int length, boolean shortened) {
    String description =
        GrpcError.of(Status.INTERNAL.withDescription("x".repeat(length)), "X")
            .status()
            .getDescription();
    assertEquals(shortened, description.endsWith("…"));
    assertEquals(Math.min(length, 1000), description.getBytes(StandardCharsets.UTF_8).length);
  }

  @ParameterizedTest(name = "{0} of {1} bytes: {2} {3}")
  @CsvSource({
    "lab.Lab/No,        1, UNIMPLEMENTED,      UNKNOWN_METHOD,    false",
    "lab.Lab/Throw,     1, UNKNOWN,            UNKNOWN,           false",
    "lab.Lab/Echo, 200000, RESOURCE_EXHAUSTED, MESSAGE_TOO_LARGE, false",
    "lab.Lab/Crowded, 90000, RESOURCE_EXHAUSTED, NO_ROOM_FOR_MESSAGE, true",
  })
  void eachErrorOfTheTransportCarriesDetails(
      String method, int size, Status.Code code, String reason, boolean again) throws Exception {
    boolean crowded = method.endsWith("Crowded");
    String path = crowded ? "lab.Lab/Echo" : method;
    FrameLimits frames = FrameLimits.DEFAULTS;
    Duration limit = Duration.ofSeconds(20);
    GrpcStreams.Settings settings =
        new GrpcStreams.Settings(
            limit, limit, limit, 100_000, 100, 100_000, crowded ? 100_000 : 200_000, frames);
    try (Lab lab = Lab.guarded(settings);
        RawClient other = RawClient.to(lab.port());
        Client client = Client.to(lab.port())) {
      if (crowded) {
        other.headers(1, "/lab.Lab/Echo", false);
        byte[] prefix = new byte[5];
        Frames.putInt32(prefix, 1, 15_000);
        other.send(Frames.DATA, 0, 1, prefix);
        Await.until("it is held", Await.LIMIT, () -> lab.inbound().held() == 15_000);
      }
      StatusRuntimeException failure =
          assertThrows(
              StatusRuntimeException.class,
              () ->
                  ClientCalls.blockingUnaryCall(
                      client.channel,
                      Bytes.method(MethodDescriptor.MethodType.UNARY, path),
                      CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS),
                      new byte[size]));
      assertEquals(code, failure.getStatus().getCode());
      com.google.rpc.Status told = StatusProto.fromThrowable(failure);
      assertNotNull(told, () -> "no details: " + failure);
      assertEquals(reason, detail(told, ErrorInfo.class).orElseThrow().getReason());
      assertEquals("controlplane", detail(told, ErrorInfo.class).orElseThrow().getDomain());
      assertEquals(again, detail(told, RetryInfo.class).isPresent());
    }
  }

  static <T extends Message> Optional<T> detail(com.google.rpc.Status status, Class<T> type) {
    for (Any detail : status.getDetailsList()) {
      if (detail.is(type)) {
        try {
          return Optional.of(detail.unpack(type));
        } catch (InvalidProtocolBufferException e) {
          throw new AssertionError(e);
        }
      }
    }
    return Optional.empty();
  }
}
