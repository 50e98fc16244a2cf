package dev.controlplane.grpc;

import dev.controlplane.catalog.CatalogException;
import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.Page;
import dev.controlplane.catalog.Update;
import dev.controlplane.catalog.Version;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** A log in memory, which can be made unreadable. */
final class MemoryLog implements CatalogReader {
  static final Digest DIGEST = new Digest("0".repeat(Digest.HEX_LENGTH));

  private final List<Update> updates = new ArrayList<>();
  private final AtomicLong reads = new AtomicLong();
  private volatile boolean broken;

  synchronized long append(String worker) {
    long revision = updates.size() + 1L;
    updates.add(
        new Update(
            revision,
            Update.Kind.PUBLISHED,
            worker,
            "v" + revision,
            DIGEST,
            0,
            Instant.EPOCH,
            "v" + revision,
            revision));
    return revision;
  }

  synchronized void append(int count, String... workers) {
    for (int i = 0; i < count; i++) {
      append(workers[i % workers.length]);
    }
  }

  void broken(boolean now) {
    broken = now;
  }

  synchronized void truncate() {
    updates.clear();
  }

  /** How often updates were read. */
  long reads() {
    return reads.get();
  }

  @Override
  public synchronized LogState log() {
    check();
    return new LogState("memory", 1, updates.size(), 0);
  }

  @Override
  public Page<Update> snapshot(long revision, int limit, String after) {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<Update> snapshot(long revision, Collection<String> workers) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<Version> recorded(String worker, String version) {
    throw new UnsupportedOperationException();
  }

  @Override
  public synchronized List<Update> updates(long after, int limit) {
    check();
    reads.incrementAndGet();
    int from = Math.toIntExact(Math.min(after, updates.size()));
    return List.copyOf(updates.subList(from, (int) Math.min((long) from + limit, updates.size())));
  }

  @Override
  public void check() {
    if (broken) {
      throw new CatalogException("the disk is on fire");
    }
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
