package dev.controlplane.grpc.push;

import dev.controlplane.catalog.CatalogException;
import dev.controlplane.catalog.Digest;
import dev.controlplane.grpc.log.UpdateLog;
import dev.controlplane.grpc.push.PushMetrics.Refusal;
import dev.controlplane.grpc.reports.LastSeen;
import dev.controlplane.pprof.Goroutines;
import dev.controlplane.pprof.Labels;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.server.EventLog;
import dev.controlplane.transport.grpc.LongLivedStream;
import dev.controlplane.transport.http2.StreamGoneException;
import dev.controlplane.transport.http2.StreamStalledException;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Map;

/**
 * The call that lasts for days. Named as the protocol names it, so that who looks for
 * SubscribeWorkerUpdates in profiles and dumps finds its handlers and tickers; its method as Java
 * spells it.
 */
public final class SubscribeWorkerUpdates {
  private final Subscriptions subscriptions;
  private final LogTail tail;
  private final PushServices services;
  private final PushSettings settings;
  private final LastSeen lastSeen;
  private final PushMetrics metrics;
  private final EventLog events;
  private volatile boolean stopping;

  public SubscribeWorkerUpdates(Subscriptions subscriptions, LogTail tail, PushServices services) {
    this.subscriptions = subscriptions;
    this.tail = tail;
    this.services = services;
    this.settings = services.settings();
    this.lastSeen = services.lastSeen();
    this.metrics = services.metrics();
    this.events = services.events();
  }

  /** One stream from its opening to its end. It keeps nothing of the request that opened it. */
  private record Opened(
      UpdateLog log, Subscription subscription, LongLivedStream<byte[]> stream, UpdateFeed feed) {}

  /** What goes on beside a stream for as long as it is open. */
  private interface Ticker extends AutoCloseable {
    @Override
    void close();
  }

  /** Opens one stream, which a thread of its own then serves to its end. */
  public void open(SubscribeRequest request, StreamObserver<byte[]> responses) {
    SubscribeOptions options;
    Map<String, Digest> held;
    try {
      options = SubscribeOptions.of(request, settings.maxWorkerNames(), settings.maxHeld());
      held = options.held(request);
    } catch (IllegalArgumentException e) {
      refuse(responses, Refusal.INVALID, Status.INVALID_ARGUMENT, e.getMessage());
      return;
    }
    UpdateLog log = tail.followed();
    if (log == null) {
      refuse(
          responses,
          Refusal.NO_LOG,
          Status.UNAVAILABLE,
          "the server can't read its update log now; subscribe again later");
      return;
    }
    if (!subscriptions.enter()) {
      refuse(responses, Refusal.TOO_MANY, Status.RESOURCE_EXHAUSTED, subscriptions.refusal());
      return;
    }
    Subscription subscription =
        new Subscription(options, log, log, settings.queueSize(), settings.maxLag());
    LongLivedStream<byte[]> stream;
    try {
      stream = LongLivedStream.open(responses, () -> subscription.end(SubscriptionEnd.GONE));
    } catch (StreamGoneException e) {
      // It left before it was open.
      metrics.ended(SubscriptionEnd.GONE);
      subscriptions.leave();
      return;
    }
    UpdateFeed feed = new UpdateFeed(options, held, subscription, log, stream::send, services);
    Opened opened = new Opened(log, subscription, stream, feed);
    try {
      Labels.of("consumer", options.consumer())
          .run(() -> Goroutines.start("stream", () -> subscribeWorkerUpdates(opened)));
    } catch (RuntimeException | Error e) {
      failed(subscription, stream, e);
      metrics.ended(subscription.ended());
      stream.close();
      subscriptions.leave();
    }
  }

  private void refuse(StreamObserver<?> responses, Refusal reason, Status status, String message) {
    metrics.refused(reason);
    responses.onError(status.withDescription(message).asRuntimeException());
  }

  /** From the stream's opening to its end, on the stream's thread. */
  private void subscribeWorkerUpdates(Opened opened) {
    Subscription subscription = opened.subscription();
    LongLivedStream<byte[]> stream = opened.stream();
    metrics.subscribed();
    SubscriptionEvent event = SubscriptionEvent.begun();
    try (Ticker _ = Goroutines.start("ticker", () -> tick(subscription))::interrupt) {
      subscriptions.add(subscription);
      if (stopping) {
        subscription.end(SubscriptionEnd.STOPPING);
      }
      if (tail.followed() != opened.log()) {
        subscription.end(SubscriptionEnd.NO_LOG);
      }
      feed(opened);
    } catch (RuntimeException | Error e) {
      failed(subscription, stream, e);
    } finally {
      subscriptions.remove(subscription);
      subscription.close();
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
      stream.close();
      subscriptions.leave();
    }
  }

  private void feed(Opened opened) {
    Subscription subscription = opened.subscription();
    LongLivedStream<byte[]> stream = opened.stream();
    try {
      opened.feed().start();
      lastSeen.subscribed(subscription.consumer(), subscription.workers());
      services.consumers().follow(opened.log().found());
      services
          .consumers()
          .rejections(subscription.consumer())
          .forEach(subscription.interest()::rejected);
      stream.sendHeaders();
      events.info(
          "subscribed",
          "consumer",
          subscription.consumer(),
          "workers",
          subscription.workers().isEmpty() ? "all" : subscription.workers().size());
      opened.feed().run();
      stream.end(status(subscription.ended()));
    } catch (StreamGoneException e) {
      subscription.end(SubscriptionEnd.GONE);
    } catch (StreamStalledException e) {
      subscription.end(SubscriptionEnd.STALLED);
      stream.end(e.getStatus());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      subscription.end(SubscriptionEnd.STOPPING);
    } catch (CatalogException e) {
      if (Thread.currentThread().isInterrupted()) {
        // Its connection ended while it read.
        subscription.end(SubscriptionEnd.GONE);
        return;
      }
      subscription.end(SubscriptionEnd.UNREADABLE);
      events.warn("stream-ended", "consumer", subscription.consumer(), "reason", e.getMessage());
      stream.end(status(SubscriptionEnd.UNREADABLE));
    }
  }

  private void failed(Subscription subscription, LongLivedStream<byte[]> stream, Throwable e) {
    subscription.end(SubscriptionEnd.FAILED);
    events.error("stream-failed", e, "consumer", subscription.consumer());
    stream.end(status(SubscriptionEnd.FAILED));
  }

  private static Status status(SubscriptionEnd end) {
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
      case NO_LOG ->
          Status.UNAVAILABLE.withDescription(
              "the server can't read its update log now; subscribe again later");
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
  public void stop(Duration limit) {
    stopping = true;
    subscriptions.all().forEach(subscription -> subscription.end(SubscriptionEnd.STOPPING));
    try {
      subscriptions.awaitNone(limit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
