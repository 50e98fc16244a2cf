package dev.controlplane.grpc.push;

import dev.controlplane.catalog.Consumers.Rejection;
import dev.controlplane.grpc.log.LogEntry;
import dev.controlplane.server.Bound;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Stream;

/**
 * The open subscriptions, and which of them want a worker: an update visits those alone.
 *
 * <p>Adding and offering race without a lock. {@link #add} makes a subscription visible and then
 * the caller reads the tail's revision; the tail writes its revision and then visits. Fences keep
 * both orders, so a subscription is visited, or starts at or after that revision.
 */
public final class Subscriptions {
  private final Set<Subscription> ofAll = ConcurrentHashMap.newKeySet();
  private final ConcurrentMap<String, Set<Subscription>> byWorker = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, List<Subscription>> byConsumer = new ConcurrentHashMap<>();
  private final Bound places;

  /**
   * No subscriptions yet.
   *
   * @param places how many may be open at once
   */
  public Subscriptions(Bound places) {
    this.places = places;
  }

  /** Takes one of the places; false if all are taken. {@link #leave} gives it back. */
  boolean enter() {
    return places.enter();
  }

  /** Gives a place back. */
  void leave() {
    places.leave();
  }

  /** What a client is told that got no place. */
  String refusal() {
    return places.refusal("try later or ask another server");
  }

  /** Waits until no place is taken, up to a limit. */
  void awaitNone(Duration limit) throws InterruptedException {
    places.awaitNone(limit);
  }

  /** How many places are taken. */
  int open() {
    return (int) places.inUse();
  }

  int max() {
    return (int) places.limit();
  }

  void add(Subscription subscription) {
    byConsumer.merge(subscription.consumer(), List.of(subscription), Subscriptions::plus);
    if (subscription.workers().isEmpty()) {
      ofAll.add(subscription);
    }
    for (String worker : subscription.workers()) {
      byWorker.compute(
          worker,
          (name, some) -> {
            Set<Subscription> set = some == null ? ConcurrentHashMap.newKeySet(1) : some;
            set.add(subscription);
            return set;
          });
    }
    VarHandle.fullFence();
  }

  void remove(Subscription subscription) {
    ofAll.remove(subscription);
    for (String worker : subscription.workers()) {
      byWorker.computeIfPresent(
          worker,
          (name, some) -> {
            some.remove(subscription);
            return some.isEmpty() ? null : some;
          });
    }
    byConsumer.computeIfPresent(
        subscription.consumer(),
        (id, some) -> {
          List<Subscription> left = some.stream().filter(s -> s != subscription).toList();
          return left.isEmpty() ? null : left;
        });
  }

  private static List<Subscription> plus(List<Subscription> some, List<Subscription> more) {
    return Stream.concat(some.stream(), more.stream()).toList();
  }

  /** Whether any subscription wants updates of a worker. */
  boolean want(String worker) {
    return !ofAll.isEmpty() || byWorker.containsKey(worker);
  }

  /**
   * Offers updates, in the order of the log, to each subscription that wants them; how many fell
   * behind by it. A subscription is visited once for all of one worker, or once for all if it wants
   * every worker's: of thousands each visit is a miss of the processor's cache, and often a thread
   * to wake.
   */
  int offer(List<LogEntry> updates) {
    VarHandle.fullFence();
    int fellBehind = offer(updates, ofAll);
    int from = 0;
    while (from < updates.size()) {
      String worker = updates.get(from).update().worker();
      int to = from + 1;
      while (to < updates.size() && updates.get(to).update().worker().equals(worker)) {
        to++;
      }
      fellBehind += offer(updates.subList(from, to), byWorker.getOrDefault(worker, Set.of()));
      from = to;
    }
    return fellBehind;
  }

  private static int offer(List<LogEntry> updates, Set<Subscription> subscriptions) {
    int fellBehind = 0;
    for (Subscription subscription : subscriptions) {
      for (int i = 0; i < updates.size(); i++) {
        fellBehind += subscription.offer(updates.get(i)) ? 0 : 1;
      }
    }
    return fellBehind;
  }

  /**
   * Marks every subscription behind: the tail has skipped updates. Each reads on from the log. Only
   * the tail calls this, after it wrote its revision.
   */
  void fallBehind() {
    VarHandle.fullFence();
    all().forEach(Subscription::fallBehind);
  }

  /** The open subscriptions of a consumer. */
  public List<Subscription> of(String consumer) {
    return byConsumer.getOrDefault(consumer, List.of());
  }

  /**
   * Up to where an open stream of a consumer has been sent everything that it asked for. Streams
   * that do not want the worker do not count; of several, the one that is furthest does.
   *
   * @return empty if there is no such stream
   */
  public OptionalLong delivered(String consumer, String worker) {
    return of(consumer).stream()
        .filter(subscription -> subscription.interest().options().wants(worker))
        .mapToLong(subscription -> subscription.at().delivered())
        .max();
  }

  /** Tells the open subscriptions of a consumer what it won't have. */
  public void rejected(String consumer, String worker, String version, long revision) {
    of(consumer).forEach(s -> s.interest().rejected(worker, new Rejection(version, revision)));
  }

  /** All open subscriptions, as they are while one looks. */
  Stream<Subscription> all() {
    return byConsumer.values().stream().flatMap(List::stream);
  }
}
