package dev.controlplane.grpc;

import dev.controlplane.catalog.CatalogException;
import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.Consumers;
import dev.controlplane.catalog.Names;
import dev.controlplane.catalog.StorageFullException;
import dev.controlplane.grpc.PushMetrics.Refusal;
import dev.controlplane.grpc.Subscription.End;
import dev.controlplane.pprof.Goroutines;
import dev.controlplane.pprof.Labels;
import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.RegisterRequest;
import dev.controlplane.proto.RegisterResponse;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.server.EventLog;
import dev.controlplane.streams.LongLivedStream;
import dev.controlplane.streams.StreamGoneException;
import dev.controlplane.streams.StreamStalledException;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;

/** The gRPC service: three calls, of which one lasts for days. */
final class ControlPlaneService implements BindableService {
  /** The longest endpoint, in bytes of UTF-8. */
  static final int MAX_ENDPOINT_BYTES = 2048;

  private final PushSettings settings;
  private final Subscriptions subscriptions;
  private final UpdateLog log;
  private final LogTail tail;
  private final CatalogReader catalog;
  private final Consumers consumers;
  private final LastSeen lastSeen;
  private final SentTimes sentTimes;
  private final StatusReports reports;
  private final PushMetrics metrics;
  private final InstantSource clock;
  private final EventLog events;
  private volatile boolean stopping;

  ControlPlaneService(
      PushSettings settings,
      Subscriptions subscriptions,
      UpdateLog log,
      LogTail tail,
      CatalogReader catalog,
      Consumers consumers,
      LastSeen lastSeen,
      SentTimes sentTimes,
      StatusReports reports,
      PushMetrics metrics,
      InstantSource clock,
      EventLog events) {
    this.settings = settings;
    this.subscriptions = subscriptions;
    this.log = log;
    this.tail = tail;
    this.catalog = catalog;
    this.consumers = consumers;
    this.lastSeen = lastSeen;
    this.sentTimes = sentTimes;
    this.reports = reports;
    this.metrics = metrics;
    this.clock = clock;
    this.events = events;
  }

  /** As generated, but for updates, which are encoded before they get here. */
  @Override
  public ServerServiceDefinition bindService() {
    MethodDescriptor<SubscribeRequest, byte[]> subscribe =
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
        .addMethod(subscribe, ServerCalls.asyncServerStreamingCall(this::subscribeWorkerUpdates))
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
      events.info("registered", "consumer", consumer, "endpoint", endpoint);
      responses.onNext(
          RegisterResponse.newBuilder().setSuccess(true).setMessage("registered").build());
      responses.onCompleted();
    } catch (IllegalArgumentException e) {
      refuse(responses, Refusal.INVALID, Status.INVALID_ARGUMENT, e.getMessage());
    } catch (CatalogException e) {
      events.warn("not-registered", "reason", e.getMessage());
      Status status =
          e instanceof StorageFullException ? Status.RESOURCE_EXHAUSTED : Status.UNAVAILABLE;
      responses.onError(status.withDescription(e.getMessage()).asRuntimeException());
    }
  }

  private static String checkedEndpoint(String endpoint) {
    int length = endpoint.getBytes(StandardCharsets.UTF_8).length;
    if (length > MAX_ENDPOINT_BYTES) {
      throw new IllegalArgumentException(
          "endpoint is %d bytes long; expected: up to %d bytes of UTF-8"
              .formatted(length, MAX_ENDPOINT_BYTES));
    }
    if (endpoint.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          "endpoint contains a control character; expected: text without");
    }
    return endpoint;
  }

  private void subscribeWorkerUpdates(SubscribeRequest request, StreamObserver<byte[]> responses) {
    SubscribeOptions options;
    try {
      options = SubscribeOptions.of(request, settings.maxWorkerNames(), settings.maxHeld());
    } catch (IllegalArgumentException e) {
      refuse(responses, Refusal.INVALID, Status.INVALID_ARGUMENT, e.getMessage());
      return;
    }
    if (!subscriptions.enter()) {
      refuse(
          responses,
          Refusal.TOO_MANY,
          Status.RESOURCE_EXHAUSTED,
          "%d streams are open, as many as may be; try later or ask another server"
              .formatted(subscriptions.max()));
      return;
    }
    Subscription subscription =
        new Subscription(options, log, tail, settings.queueSize(), settings.maxLag());
    try {
      Labels.of("consumer", options.consumer())
          .run(
              () -> {
                Thread ticker = Goroutines.start("ticker", () -> tick(subscription));
                try {
                  push(options, subscription, responses);
                } finally {
                  ticker.interrupt();
                }
              });
    } finally {
      subscriptions.leave();
    }
  }

  private void refuse(StreamObserver<?> responses, Refusal reason, Status status, String message) {
    metrics.refused(reason);
    responses.onError(status.withDescription(message).asRuntimeException());
  }

  /** From the stream's opening to its end, on the stream's thread. */
  private void push(
      SubscribeOptions options, Subscription subscription, StreamObserver<byte[]> responses) {
    try (LongLivedStream<byte[]> stream =
        LongLivedStream.open(responses, () -> subscription.end(End.GONE))) {
      metrics.subscribed();
      SubscriptionEvent event = SubscriptionEvent.begun();
      subscriptions.add(subscription);
      try {
        if (stopping) {
          subscription.end(End.STOPPING);
        }
        feed(options, subscription, stream);
      } finally {
        subscriptions.remove(subscription);
        lastSeen.saw(subscription.consumer(), subscription.sent());
        metrics.ended(subscription.ended());
        event.ended(subscription);
        events.info(
            "unsubscribed",
            "consumer",
            subscription.consumer(),
            "reason",
            subscription.ended(),
            "last_revision",
            subscription.sent());
      }
    } catch (StreamGoneException e) {
      // It left before it was open.
      metrics.ended(End.GONE);
    }
  }

  private void feed(
      SubscribeOptions options, Subscription subscription, LongLivedStream<byte[]> stream) {
    UpdateFeed feed =
        new UpdateFeed(options, subscription, stream, log, catalog, settings, metrics, sentTimes);
    try {
      feed.start();
      lastSeen.subscribed(subscription.consumer(), subscription.workers());
      consumers.follow(log.followed());
      consumers.rejections(subscription.consumer()).forEach(subscription::rejected);
      stream.sendHeaders();
      events.info(
          "subscribed",
          "consumer",
          subscription.consumer(),
          "workers",
          subscription.workers().isEmpty() ? "all" : subscription.workers().size());
      feed.run();
      stream.end(status(subscription.ended()));
    } catch (StreamGoneException e) {
      subscription.end(End.GONE);
    } catch (StreamStalledException e) {
      subscription.end(End.STALLED);
      stream.end(e.getStatus());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      subscription.end(End.STOPPING);
    } catch (CatalogException e) {
      if (Thread.currentThread().isInterrupted()) {
        // Its connection ended while it read.
        subscription.end(End.GONE);
        return;
      }
      subscription.end(End.UNREADABLE);
      events.warn("stream-ended", "consumer", subscription.consumer(), "reason", e.getMessage());
      stream.end(status(End.UNREADABLE));
    } catch (RuntimeException e) {
      subscription.end(End.FAILED);
      events.error("stream-failed", e, "consumer", subscription.consumer());
      stream.end(status(End.FAILED));
    }
  }

  private static Status status(End end) {
    return switch (end) {
      case GONE -> Status.CANCELLED;
      case STALLED, LAGGING ->
          Status.RESOURCE_EXHAUSTED.withDescription(
              "the client reads too slowly; subscribe again with the last resume token");
      case COMPACTED ->
          Status.OUT_OF_RANGE.withDescription(
              "the log was compacted beyond what the client has read; subscribe again with"
                  + " snapshot");
      case EXPIRED ->
          Status.UNAVAILABLE.withDescription(
              "the stream was open for as long as one may be; subscribe again");
      case STOPPING ->
          Status.UNAVAILABLE.withDescription("the server is going away; subscribe again");
      case LOG_REPLACED ->
          Status.UNAVAILABLE.withDescription("the update log was replaced; subscribe again");
      case UNREADABLE ->
          Status.UNAVAILABLE.withDescription("the store can't be read now; subscribe again");
      case FAILED -> Status.INTERNAL.withDescription("the server failed; its log tells why");
    };
  }

  private void tick(Subscription subscription) {
    try {
      while (subscription.ended() == null) {
        Thread.sleep(settings.lastSeenInterval());
        lastSeen.saw(subscription.consumer(), subscription.sent());
      }
    } catch (InterruptedException e) {
      // The subscription has ended.
    }
  }

  /** Ends every stream, and those that open from now on; waits for them, up to a limit. */
  void stop(Duration limit) {
    stopping = true;
    subscriptions.all().forEach(subscription -> subscription.end(End.STOPPING));
    try {
      subscriptions.awaitNone(limit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
