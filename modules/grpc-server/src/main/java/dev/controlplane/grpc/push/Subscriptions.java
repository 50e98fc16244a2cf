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
 * The open subscriptions, indexed by the workers that they want, so that an update visits only
 * those. Thread-safe.
 *
 * <p>Implementation note: adding and offering run concurrently without a lock. {@link #add} makes a
 * subscription visible, and then its handler reads the tail's revision; the tail writes its
 * revision and then visits the subscriptions. Fences keep both orders, so a subscription is either
 * visited, or starts at or after that revision.
 */
public final class Subscriptions {
  private final Set<Subscription> ofAll = ConcurrentHashMap.newKeySet();
  private final ConcurrentMap<String, Set<Subscription>> byWorker = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, List<Subscription>> byConsumer = new ConcurrentHashMap<>();
  private final Bound places;

  /**
   * Creates it without subscriptions.
   *
   * @param places how many may be open at the same time
   */
  public Subscriptions(Bound places) {
    this.places = places;
  }

  /** Takes a place; returns false if all are taken. {@link #leave} returns it. */
  boolean enter() {
    return places.enter();
  }

  /** Returns a place. */
  void leave() {
    places.leave();
  }

  /** The message for a client that got no place. */
  String refusal() {
    return places.refusal("try later or ask another server");
  }

  /** Waits until no place is taken, up to a limit. */
  void awaitNone(Duration limit) throws InterruptedException {
    places.awaitNone(limit);
  }

  /** The number of places taken. */
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
   * Offers updates, in the order of the log, to each subscription that wants them, and returns how
   * many fell behind. A subscription is visited once for consecutive updates of one worker, or once
   * for all updates if it wants all workers: with thousands of subscriptions each visit is a cache
   * miss of the CPU and often wakes a thread.
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
   * Marks every subscription as behind, because the tail skipped updates. Each continues from the
   * log. Only the tail calls this, after it has written its revision.
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

  /** All open subscriptions. The stream is weakly consistent. */
  Stream<Subscription> all() {
    return byConsumer.values().stream().flatMap(List::stream);
  }
}
