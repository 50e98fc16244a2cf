package dev.controlplane.grpc;

import dev.controlplane.catalog.Consumers;
import dev.controlplane.catalog.Names;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.grpc.errors.CallErrors;
import dev.controlplane.grpc.errors.InvalidFieldException;
import dev.controlplane.grpc.log.EncodedMessage;
import dev.controlplane.grpc.push.PushMetrics;
import dev.controlplane.grpc.push.PushMetrics.Refusal;
import dev.controlplane.grpc.push.SubscribeWorkerUpdates;
import dev.controlplane.grpc.reports.StatusReports;
import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.RegisterRequest;
import dev.controlplane.proto.RegisterResponse;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.server.EventLog;
import dev.controlplane.server.Peer;
import dev.controlplane.server.http.Problem;
import dev.controlplane.transport.grpc.GrpcStreams;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;

/** The gRPC service: SubscribeWorkerUpdates, RegisterConsumer and ReportStatus. */
final class ControlPlaneService implements BindableService {
  /** The longest endpoint, in bytes of UTF-8. */
  static final int MAX_ENDPOINT_BYTES = 2048;

  private final SubscribeWorkerUpdates updates;
  private final StatusReports reports;
  private final Consumers consumers;
  private final PushMetrics metrics;
  private final InstantSource clock;
  private final EventLog events;

  ControlPlaneService(
      SubscribeWorkerUpdates updates,
      StatusReports reports,
      Consumers consumers,
      PushMetrics metrics,
      InstantSource clock,
      EventLog events) {
    this.updates = updates;
    this.reports = reports;
    this.consumers = consumers;
    this.metrics = metrics;
    this.clock = clock;
    this.events = events;
  }

  /**
   * Binds the methods like the generated code, but with {@link EncodedMessages} for updates, which
   * are encoded before they get here.
   */
  @Override
  public ServerServiceDefinition bindService() {
    MethodDescriptor<SubscribeRequest, EncodedMessage> subscribe =
        ControlPlaneGrpc.getSubscribeWorkerUpdatesMethod().toBuilder(
                ControlPlaneGrpc.getSubscribeWorkerUpdatesMethod().getRequestMarshaller(),
                new EncodedMessages())
            .build();
    MethodDescriptor<RegisterRequest, RegisterResponse> register =
        ControlPlaneGrpc.getRegisterConsumerMethod();
    ServiceDescriptor generated = ControlPlaneGrpc.getServiceDescriptor();
    return ServerServiceDefinition.builder(
            ServiceDescriptor.newBuilder(generated.getName())
                .setSchemaDescriptor(generated.getSchemaDescriptor())
                .addMethod(subscribe)
                .addMethod(register)
                .addMethod(ControlPlaneGrpc.getReportStatusMethod())
                .build())
        .addMethod(subscribe, ServerCalls.asyncServerStreamingCall(updates::open))
        .addMethod(register, ServerCalls.asyncUnaryCall(this::registerConsumer))
        .addMethod(
            ControlPlaneGrpc.getReportStatusMethod(),
            ServerCalls.asyncClientStreamingCall(reports::receive))
        .build();
  }

  private void registerConsumer(
      RegisterRequest request, StreamObserver<RegisterResponse> responses) {
    try {
      String consumer = Names.checked("consumer_id", request.getConsumerId());
      String endpoint = checkedEndpoint(request.getEndpoint());
      consumers.register(consumer, endpoint, clock.instant());
      metrics.registered();
      events.info("registered", "peer", peer(), "consumer", consumer, "endpoint", endpoint);
      responses.onNext(
          RegisterResponse.newBuilder().setSuccess(true).setMessage("registered").build());
      responses.onCompleted();
    } catch (IllegalArgumentException e) {
      metrics.refused(Refusal.INVALID);
      responses.onError(CallErrors.invalid(e).exception());
    } catch (CatalogException e) {
      events.warn("not-registered", "peer", peer(), "reason", e.getMessage());
      responses.onError(Problem.grpc(e).exception());
    }
  }

  private static String peer() {
    return GrpcStreams.client().map(Peer::text).orElse("");
  }

  private static String checkedEndpoint(String endpoint) {
    int length = endpoint.getBytes(StandardCharsets.UTF_8).length;
    if (length > MAX_ENDPOINT_BYTES) {
      throw new InvalidFieldException(
          "endpoint",
          "is %d bytes long".formatted(length),
          "up to %d bytes of UTF-8".formatted(MAX_ENDPOINT_BYTES));
    }
    if (endpoint.chars().anyMatch(Character::isISOControl)) {
      throw new InvalidFieldException("endpoint", "contains a control character", "text without");
    }
    return endpoint;
  }
}
