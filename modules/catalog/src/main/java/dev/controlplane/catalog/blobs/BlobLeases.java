package dev.controlplane.catalog.blobs;

import dev.controlplane.catalog.CatalogException;
import dev.controlplane.catalog.Digest;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which blobs uploads need that may become versions. A blob with a lease is not removed.
 *
 * <p>{@link #lockOf} guards a blob's leases, and the moment in which its files come or go: taking a
 * lease, renaming files to their place, judging and removing. Several blobs share a lock, so no
 * work that grows with a blob, neither its fsync nor its verification, is done while it is held.
 */
final class BlobLeases {
  /** Enough that two uploads seldom share one. */
  private static final int LOCKS = 64;

  private final ReentrantLock[] locks = new ReentrantLock[LOCKS];
  private final Map<Digest, Integer> leases = new ConcurrentHashMap<>();

  BlobLeases() {
    for (int i = 0; i < LOCKS; i++) {
      locks[i] = new ReentrantLock();
    }
  }

  ReentrantLock lockOf(Digest digest) {
    return locks[Math.floorMod(digest.hashCode(), LOCKS)];
  }

  void take(Digest digest) {
    ReentrantLock lock = lockOf(digest);
    lock.lock();
    try {
      leases.merge(digest, 1, Integer::sum);
    } finally {
      lock.unlock();
    }
  }

  /** What may be done when a blob's last lease was given back; its lock is held. */
  @FunctionalInterface
  interface Unleased {
    void run() throws IOException;
  }

  /** Gives a lease back. */
  void giveBack(Digest digest, Unleased last) {
    boolean interrupted = Thread.interrupted(); // It must not keep the question from being asked.
    ReentrantLock lock = lockOf(digest);
    lock.lock();
    try {
      if (leases.merge(digest, -1, (a, b) -> a + b == 0 ? null : a + b) == null) {
        last.run();
      }
    } catch (IOException | CatalogException e) {
      // A blob too many harms nobody; the next collection takes it.
    } finally {
      lock.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Called with the blob's lock held. */
  boolean has(Digest digest) {
    return leases.containsKey(digest);
  }
}
