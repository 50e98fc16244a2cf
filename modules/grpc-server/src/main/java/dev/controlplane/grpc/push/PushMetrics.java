package dev.controlplane.grpc.push;

import dev.controlplane.server.metrics.Latencies;
import dev.controlplane.transport.http2.InboundBytes;
import io.helidon.metrics.api.FunctionalCounter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import io.helidon.metrics.api.Timer;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * The metrics of pushing updates. Counting is cheap, because it happens for every message.
 * Thread-safe.
 */
public final class PushMetrics {
  /** Why a call was refused. */
  public enum Refusal {
    /** A field of the request is invalid. */
    INVALID,
    /** The limit of open streams is reached. */
    TOO_MANY,
    /** There is no readable update log. */
    NO_LOG
  }

  private final LongAdder subscribed = new LongAdder();
  private final LongAdder registered = new LongAdder();
  private final LongAdder updates = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder inSnapshots = new LongAdder();
  private final LongAdder resynced = new LongAdder();
  private final LongAdder behind = new LongAdder();
  private final LongAdder hints = new LongAdder();
  private final Map<Refusal, LongAdder> refused = new EnumMap<>(Refusal.class);
  private final Map<SubscriptionEnd, LongAdder> ended = new EnumMap<>(SubscriptionEnd.class);
  private final MeterRegistry registry;
  private final Timer commitToSend;

  public PushMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.commitToSend =
        Latencies.timer(
            registry,
            "controlplane.send.delay",
            "Time from the commit of an update to its sending, for each message");
    counter("controlplane.streams.opened", "Streams that were opened", subscribed);
    counter("controlplane.registrations", "Consumers that registered", registered);
    counter("controlplane.updates.sent", "Updates sent, one for each stream", updates);
    counter("controlplane.bytes.sent", "Bytes of updates sent, before framing", bytes);
    counter("controlplane.snapshot.items.sent", "Workers sent in snapshots", inSnapshots);
    counter(
        "controlplane.resyncs",
        "Times that a consumer could not go on from where it was",
        resynced);
    counter("controlplane.queue.overflows", "Times that a stream's queue was full", behind);
    counter("controlplane.announcements", "Announcements of updates that arrived", hints);
    for (Refusal reason : Refusal.values()) {
      refused.put(reason, new LongAdder());
      counter("controlplane.calls.refused", "Calls refused", refused.get(reason), reason);
    }
    for (SubscriptionEnd reason : SubscriptionEnd.values()) {
      ended.put(reason, new LongAdder());
      counter("controlplane.streams.ended", "Streams that ended", ended.get(reason), reason);
    }
  }

  /** Adds gauges of the current state. */
  public void show(Subscriptions subscriptions, LogTail tail) {
    gauge("controlplane.streams", "Streams that are open", subscriptions::open);
    gauge("controlplane.streams.max", "Streams that may be open", subscriptions::max);
    gauge(
        "controlplane.streams.behind",
        "Streams whose queue is full",
        () -> subscriptions.all().filter(Subscription::behind).count());
    gauge(
        "controlplane.queue.depth.max",
        "Updates in the longest queue of a stream",
        () -> subscriptions.all().mapToInt(Subscription::waiting).max().orElse(0));
    gauge(
        "controlplane.lag.max",
        "Updates that the stream furthest behind has neither been sent nor skipped yet",
        () ->
            subscriptions
                .all()
                .mapToLong(s -> Math.max(0, tail.revision() - s.position()))
                .max()
                .orElse(0));
    TailFigures figures = new TailFigures(tail);
    gauge("controlplane.window.bytes", "Bytes of encoded updates in memory", figures::bytes);
    gauge(
        "controlplane.snapshot.bytes",
        "Bytes of messages of snapshots and of older updates on their way to clients",
        figures::snapshotBytes);
    gauge(
        "controlplane.catch.up.waiting",
        "Streams that wait for their turn to read older updates",
        figures::waitingToCatchUp);
    gauge("controlplane.tail.revision", "The newest revision offered to streams", tail::revision);
    gauge("controlplane.tail.lag", "Updates in the log that are not offered yet", figures::lag);
  }

  /** Adds metrics for the memory of unfinished requests. */
  public void show(InboundBytes inbound) {
    gauge(
        "controlplane.inbound.bytes",
        "Bytes of requests that clients have begun to send and not ended",
        inbound::held);
    registry.getOrCreate(
        FunctionalCounter.builder("controlplane.inbound.refused", inbound, InboundBytes::refused)
            .description("Calls that ended because there was no room for their request"));
  }

  private void counter(String name, String description, LongAdder count, Enum<?>... reasons) {
    registry.getOrCreate(
        FunctionalCounter.builder(name, count, LongAdder::sum)
            .description(description)
            .tags(List.of(reasons).stream().map(PushMetrics::tag).toList()));
  }

  private static Tag tag(Enum<?> reason) {
    return Tag.create("reason", reason.name().toLowerCase(java.util.Locale.ROOT));
  }

  private <N extends Number> void gauge(String name, String description, Supplier<N> value) {
    registry.getOrCreate(Gauge.builder(name, value).description(description));
  }

  void subscribed() {
    subscribed.increment();
  }

  public void registered() {
    registered.increment();
  }

  public void hinted() {
    hints.increment();
  }

  public void refused(Refusal reason) {
    refused.get(reason).increment();
  }

  void ended(SubscriptionEnd reason) {
    ended.get(reason).increment();
  }

  void fellBehind(int streams) {
    if (streams > 0) {
      behind.add(streams);
    }
  }

  void sentInSnapshot(int length) {
    inSnapshots.increment();
    bytes.add(length);
  }

  void resynced() {
    resynced.increment();
  }

  void sent(int length, Instant committedAt) {
    updates.increment();
    bytes.add(length);
    // The catalog stores times in milliseconds.
    long millis = System.currentTimeMillis() - committedAt.toEpochMilli();
    commitToSend.record(Math.max(0, millis), TimeUnit.MILLISECONDS);
  }
}
