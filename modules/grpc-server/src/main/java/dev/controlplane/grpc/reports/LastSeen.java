package dev.controlplane.grpc.reports;

import dev.controlplane.catalog.Consumers;
import dev.controlplane.catalog.Consumers.Sighting;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.server.EventLog;
import dev.controlplane.server.Vital;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Buffers sightings of consumers, at most one per consumer, and writes them together, so that ten
 * thousand tickers cost one transaction. Thread-safe.
 */
public final class LastSeen implements AutoCloseable {
  /** How many consumers are buffered while the disk accepts nothing. */
  private static final int MAX_PENDING = 100_000;

  /** The longest time that one write may take before the health check fails. */
  private static final Duration MAX_ROUND = Duration.ofMinutes(1);

  private final Consumers consumers;
  private final InstantSource clock;
  private final Duration interval;
  private final EventLog events;
  private final ConcurrentMap<String, Sighting> pending = new ConcurrentHashMap<>();
  private final ReentrantLock writing = new ReentrantLock();
  private final Vital thread;
  private volatile boolean failing;

  /**
   * Starts the writing thread.
   *
   * @param interval how long a sighting may wait before it is written
   */
  public LastSeen(Consumers consumers, InstantSource clock, Duration interval, EventLog events) {
    this.consumers = consumers;
    this.clock = clock;
    this.interval = interval;
    this.events = events;
    this.thread = Vital.start("last-seen", interval.plus(MAX_ROUND), events, this::run);
  }

  /** Records that a consumer is alive. Never waits for the disk. */
  public void saw(String consumer, long lastRevision) {
    add(new Sighting(consumer, clock.instant(), lastRevision));
  }

  /**
   * Records that a consumer subscribed to these workers, or to all if the set is empty. Never waits
   * for the disk.
   */
  public void subscribed(String consumer, Set<String> workers) {
    add(new Sighting(consumer, clock.instant(), 0, Optional.of(workers)));
  }

  private void add(Sighting sighting) {
    if (pending.size() < MAX_PENDING || pending.containsKey(sighting.id())) {
      pending.merge(sighting.id(), sighting, LastSeen::both);
    }
  }

  /** Combines an earlier and a later sighting. */
  private static Sighting both(Sighting earlier, Sighting later) {
    return new Sighting(
        earlier.id(),
        earlier.at().isAfter(later.at()) ? earlier.at() : later.at(),
        Math.max(earlier.lastRevision(), later.lastRevision()),
        later.interest().or(earlier::interest));
  }

  private void run(Vital self) throws InterruptedException {
    while (self.pause(interval)) {
      try {
        write();
      } catch (RuntimeException e) {
        events.error("last-seen-failed", e);
      }
    }
  }

  /** Checks that sightings are being written, for health checks. Throws with the reason if not. */
  public void check() {
    thread.check();
  }

  /** Writes buffered sightings; returns false if that failed, and keeps them. */
  public boolean write() {
    writing.lock();
    try {
      List<Sighting> taken = new ArrayList<>();
      pending.keySet().forEach(id -> taken.add(pending.remove(id)));
      try {
        consumers.seen(taken);
        failing = false;
        return true;
      } catch (CatalogException e) {
        taken.forEach(
            sighting ->
                pending.merge(sighting.id(), sighting, (later, earlier) -> both(earlier, later)));
        if (!failing) {
          events.warn("last-seen-not-written", "consumers", taken.size(), "reason", e.getMessage());
        }
        failing = true;
        return false;
      }
    } finally {
      writing.unlock();
    }
  }

  /** Forgets a consumer and its buffered sighting; returns false if it is unknown. */
  public boolean forget(String consumer) {
    writing.lock();
    try {
      boolean known = consumers.forget(consumer);
      return pending.remove(consumer) != null || known;
    } finally {
      writing.unlock();
    }
  }

  /** Ends the thread without waiting for the interval, and writes buffered sightings. */
  @Override
  public void close() {
    thread.closeGently();
    if (!write()) {
      events.warn("last-seen-lost", "consumers", pending.size());
    }
  }
}
