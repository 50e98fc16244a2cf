package dev.controlplane.grpc.reports;

import dev.controlplane.catalog.CatalogException;
import dev.controlplane.catalog.Consumers;
import dev.controlplane.catalog.Consumers.Sighting;
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
 * Signs of life of consumers on their way to the disk: gathered, at most one a consumer, and
 * written together, so that ten thousand tickers are one transaction.
 */
public final class LastSeen implements AutoCloseable {
  /** While the disk takes nothing, so many consumers are remembered. */
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
   * Starts to write what is pending.
   *
   * @param interval how long a sighting may wait to be written
   */
  public LastSeen(Consumers consumers, InstantSource clock, Duration interval, EventLog events) {
    this.consumers = consumers;
    this.clock = clock;
    this.interval = interval;
    this.events = events;
    this.thread = Vital.start("last-seen", interval.plus(MAX_ROUND), events, this::run);
  }

  /** A consumer is alive now. Never waits for the disk. */
  public void saw(String consumer, long lastRevision) {
    add(new Sighting(consumer, clock.instant(), lastRevision));
  }

  /** A consumer subscribes now, to these workers, or to all where none is named. Never waits. */
  public void subscribed(String consumer, Set<String> workers) {
    add(new Sighting(consumer, clock.instant(), 0, Optional.of(workers)));
  }

  private void add(Sighting sighting) {
    if (pending.size() < MAX_PENDING || pending.containsKey(sighting.id())) {
      pending.merge(sighting.id(), sighting, LastSeen::both);
    }
  }

  /** What an earlier sighting and a later one tell together. */
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

  /** Throws with the reason if signs of life are not written any more; for health checks. */
  public void check() {
    thread.check();
  }

  /** Writes what is pending; false if it could not be, and is pending still. */
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

  /** Forgets a consumer, also what is pending of it; false if it is not known. */
  public boolean forget(String consumer) {
    writing.lock();
    try {
      boolean known = consumers.forget(consumer);
      return pending.remove(consumer) != null || known;
    } finally {
      writing.unlock();
    }
  }

  /** Ends the thread, whatever the interval, and writes what is pending. */
  @Override
  public void close() {
    thread.closeGently();
    if (!write()) {
      events.warn("last-seen-lost", "consumers", pending.size());
    }
  }
}
