package dev.controlplane.grpc;

import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.CompactedException;
import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.LogPage;
import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.Page;
import dev.controlplane.catalog.Update;
import dev.controlplane.catalog.Version;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.CatalogUnavailableException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/** A log in memory, which can be made unreadable. */
public final class MemoryLog implements CatalogReader {
  public static final Digest DIGEST = new Digest("0".repeat(Digest.HEX_LENGTH));

  private final List<Update> updates = new ArrayList<>();
  private final AtomicLong reads = new AtomicLong();
  private static final String ID = "6f1c5e0e-6a53-4f0f-9a57-0f6f0f1f2a3b";

  private final AtomicLong calls = new AtomicLong();
  private volatile long failing;
  private volatile boolean broken;
  private volatile boolean gone;
  private long epoch = 1;
  private long compacted;

  public synchronized long append(String worker) {
    long revision = updates.size() + 1L;
    return log(Update.Kind.PUBLISHED, worker, "v" + revision, "v" + revision, revision);
  }

  public synchronized long rollBack(String worker, String version) {
    return log(Update.Kind.ROLLED_BACK, worker, version, version, updates.size() + 1L);
  }

  /** Deletes a version that is not the latest. */
  public synchronized long deleteOld(String worker) {
    Update latest = newest(worker);
    return log(Update.Kind.DELETED, worker, "old", latest.latest(), latest.latestRevision());
  }

  private long log(
      Update.Kind kind, String worker, String version, String latest, long latestRevision) {
    long revision = updates.size() + 1L;
    updates.add(
        new Update(
            revision, kind, worker, version, DIGEST, 0, Instant.EPOCH, latest, latestRevision));
    return revision;
  }

  private Update newest(String worker) {
    return updates.reversed().stream()
        .filter(update -> update.worker().equals(worker))
        .findFirst()
        .orElseThrow();
  }

  public synchronized void append(int count, String... workers) {
    for (int i = 0; i < count; i++) {
      append(workers[i % workers.length]);
    }
  }

  public void broken(boolean now) {
    broken = now;
  }

  /** Whether there is a catalog at all. */
  public void gone(boolean now) {
    gone = now;
  }

  /** Counts reads anew; the one of this number fails, once. */
  public void fail(long call) {
    failing = call;
    calls.set(0);
  }

  /** How many reads there were since they were counted anew. */
  public long calls() {
    return calls.get();
  }

  /** Takes the last version of a worker away. */
  public synchronized long delete(String worker) {
    return log(Update.Kind.DELETED, worker, newest(worker).version(), null, 0);
  }

  public synchronized void truncate() {
    updates.clear();
  }

  /** How often updates were read. */
  public long reads() {
    return reads.get();
  }

  public synchronized void nextEpoch() {
    epoch++;
  }

  public synchronized void compact(long upTo) {
    compacted = upTo;
  }

  @Override
  public Optional<Version> recorded(String worker, String version) {
    throw new UnsupportedOperationException();
  }

  @Override
  public synchronized LogState log() {
    check();
    return new LogState(ID, epoch, updates.size(), compacted);
  }

  @Override
  public synchronized LogPage page(long after, int limit) {
    LogState log = log();
    reads.incrementAndGet();
    if (after < compacted) {
      throw new CompactedException(after, log);
    }
    int from = Math.toIntExact(Math.min(after, updates.size()));
    return new LogPage(
        log, updates.subList(from, (int) Math.min((long) from + limit, updates.size())));
  }

  @Override
  public void check() {
    if (calls.incrementAndGet() == failing) {
      throw new CatalogException("the disk has failed this one read");
    }
    if (gone) {
      throw new CatalogUnavailableException("the disk is gone");
    }
    if (broken) {
      throw new CatalogException("the disk is on fire");
    }
  }

  @Override
  public synchronized Page<Update> snapshot(long revision, int limit, String after) {
    check();
    List<String> names =
        updates.stream()
            .map(Update::worker)
            .filter(name -> name.compareTo(after) > 0)
            .distinct()
            .sorted()
            .limit(limit)
            .toList();
    return new Page<>(states(revision, names), names.size() < limit ? null : names.getLast());
  }

  @Override
  public synchronized List<Update> snapshot(long revision, Collection<String> workers) {
    check();
    return states(revision, workers);
  }

  private List<Update> states(long revision, Collection<String> workers) {
    return workers.stream()
        .flatMap(
            worker ->
                updates.reversed().stream()
                    .filter(update -> update.revision() <= revision)
                    .filter(update -> update.worker().equals(worker) && update.movedLatest())
                    .limit(1))
        .toList();
  }

  @Override
  public Set<String> ambiguous(Collection<Update> updates) {
    check();
    return Set.of();
  }

  @Override
  public List<Integer> counts(List<Span> spans, int most) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<Version> latest(String worker) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<Version> version(String worker, String version) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Page<Version> versions(String worker, int limit, String after) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Page<Version> latestOfAll(int limit, String after) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
