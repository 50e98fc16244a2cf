package dev.controlplane.grpc.push;

import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.grpc.errors.CallErrors;
import dev.controlplane.grpc.log.EncodedMessage;
import dev.controlplane.grpc.log.UpdateLog;
import dev.controlplane.grpc.push.PushMetrics.Refusal;
import dev.controlplane.grpc.reports.LastSeen;
import dev.controlplane.pprof.Goroutines;
import dev.controlplane.pprof.Labels;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.server.EventLog;
import dev.controlplane.server.Peer;
import dev.controlplane.transport.grpc.LongLivedStream;
import dev.controlplane.transport.http2.StreamGoneException;
import dev.controlplane.transport.http2.StreamStalledException;
import dev.controlplane.transport.status.GrpcError;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Map;

/**
 * Handles the RPC SubscribeWorkerUpdates, whose calls stay open for days. Class and method are
 * named like the RPC, so that searching profiles and dumps for that name finds its handlers and
 * tickers.
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

  /** An open stream. It keeps nothing of the request that opened it. */
  private record Opened(
      UpdateLog log,
      Subscription subscription,
      LongLivedStream<EncodedMessage> stream,
      UpdateFeed feed) {}

  /**
   * The root frame of a stream handler's stack. A lambda's name would differ from build to build.
   */
  private final class StreamHandler implements Runnable {
    private final Opened opened;

    private StreamHandler(Opened opened) {
      this.opened = opened;
    }

    @Override
    public void run() {
      subscribeWorkerUpdates(opened);
    }
  }

  /** The root frame of a ticker's stack. */
  private final class Ticker implements Runnable {
    private final Subscription subscription;

    private Ticker(Subscription subscription) {
      this.subscription = subscription;
    }

    @Override
    public void run() {
      tick(subscription);
    }
  }

  /** Ends the ticker when its stream has ended. */
  private interface TickerEnd extends AutoCloseable {
    @Override
    void close();
  }

  /** Opens a stream and starts a thread that serves it to its end. */
  public void open(SubscribeRequest request, StreamObserver<EncodedMessage> responses) {
    SubscribeOptions options;
    Map<String, Digest> held;
    try {
      options = SubscribeOptions.of(request, settings.maxWorkerNames(), settings.maxHeld());
      held = options.held(request);
    } catch (IllegalArgumentException e) {
      refuse(responses, Refusal.INVALID, CallErrors.invalid(e));
      return;
    }
    UpdateLog log = tail.followed();
    if (log == null) {
      refuse(responses, Refusal.NO_LOG, StreamErrors.of(SubscriptionEnd.NO_LOG));
      return;
    }
    if (!subscriptions.enter()) {
      refuse(responses, Refusal.TOO_MANY, CallErrors.tooManyStreams(subscriptions.refusal()));
      return;
    }
    Subscription subscription =
        new Subscription(options, log, log, settings.queueSize(), settings.maxLag());
    LongLivedStream<EncodedMessage> stream;
    try {
      stream = LongLivedStream.open(responses, () -> subscription.end(SubscriptionEnd.GONE));
    } catch (StreamGoneException e) {
      // The client left before the stream was open.
      metrics.ended(SubscriptionEnd.GONE);
      subscriptions.leave();
      return;
    }
    UpdateFeed feed = new UpdateFeed(options, held, subscription, log, stream::send, services);
    Opened opened = new Opened(log, subscription, stream, feed);
    try {
      Labels.of("consumer", options.consumer())
          .run(() -> stream.serve(Goroutines::start, "stream", new StreamHandler(opened)));
    } catch (RuntimeException | Error e) {
      failed(subscription, stream, e);
      metrics.ended(subscription.ended());
      stream.close();
      subscriptions.leave();
    }
  }

  private void refuse(StreamObserver<?> responses, Refusal reason, GrpcError error) {
    metrics.refused(reason);
    responses.onError(error.exception());
  }

  /** Serves a stream to its end. Runs on the stream's thread. */
  private void subscribeWorkerUpdates(Opened opened) {
    Subscription subscription = opened.subscription();
    LongLivedStream<EncodedMessage> stream = opened.stream();
    metrics.subscribed();
    SubscriptionEvent event = SubscriptionEvent.begun();
    try (TickerEnd _ = Goroutines.start("ticker", new Ticker(subscription))::interrupt) {
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
      // First, so that whoever finds the stream gone finds what it was sent.
      lastSeen.saw(subscription.consumer(), subscription.sent());
      subscriptions.remove(subscription);
      subscription.close();
      metrics.ended(subscription.ended());
      event.ended(subscription);
      events.info(
          "unsubscribed",
          "peer",
          Peer.text(stream.client()),
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
    LongLivedStream<EncodedMessage> stream = opened.stream();
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
          "peer",
          Peer.text(stream.client()),
          "consumer",
          subscription.consumer(),
          "workers",
          subscription.workers().isEmpty() ? "all" : subscription.workers().size());
      opened.feed().run();
      stream.end(StreamErrors.of(subscription.ended()).exception());
    } catch (StreamGoneException e) {
      subscription.end(SubscriptionEnd.GONE);
    } catch (StreamStalledException e) {
      subscription.end(SubscriptionEnd.STALLED);
      stream.end(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      subscription.end(SubscriptionEnd.STOPPING);
    } catch (CatalogException e) {
      if (Thread.currentThread().isInterrupted()) {
        // The connection ended during a read.
        subscription.end(SubscriptionEnd.GONE);
        return;
      }
      subscription.end(SubscriptionEnd.UNREADABLE);
      events.warn(
          "stream-ended",
          "peer",
          Peer.text(stream.client()),
          "consumer",
          subscription.consumer(),
          "reason",
          e.getMessage());
      stream.end(StreamErrors.of(SubscriptionEnd.UNREADABLE).exception());
    }
  }

  private void failed(
      Subscription subscription, LongLivedStream<EncodedMessage> stream, Throwable e) {
    subscription.end(SubscriptionEnd.FAILED);
    events.error(
        "stream-failed",
        e,
        "peer",
        Peer.text(stream.client()),
        "consumer",
        subscription.consumer());
    stream.end(StreamErrors.of(SubscriptionEnd.FAILED).exception());
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

  /** Ends every stream, including those that open later, and waits for them up to a limit. */
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
