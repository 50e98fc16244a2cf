package dev.controlplane.catalog.blobs;

import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.failures.CatalogException;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Leases on blobs that uploads may turn into versions. A blob with a lease must not be removed.
 * Thread-safe.
 *
 * <p>Lock rule: {@link #lockOf} guards a blob's leases and every change of its files: taking a
 * lease, renaming files into place, and checking and removing a blob. Several blobs share a lock,
 * so nothing whose time grows with the blob's size (fsync, verification) may run while it is held.
 */
final class BlobLeases {
  /** Enough that two uploads rarely share a lock. */
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

  /** Runs when the last lease of a blob was returned, while its lock is held. */
  @FunctionalInterface
  interface Unleased {
    void run() throws IOException;
  }

  /** Returns a lease, and runs {@code last} if it was the last one. */
  void giveBack(Digest digest, Unleased last) {
    boolean interrupted = Thread.interrupted(); // cleared so that the query below succeeds
    ReentrantLock lock = lockOf(digest);
    lock.lock();
    try {
      if (leases.merge(digest, -1, (a, b) -> a + b == 0 ? null : a + b) == null) {
        last.run();
      }
    } catch (IOException | CatalogException e) {
      // A blob that stays does no harm; the next collection removes it.
    } finally {
      lock.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Whether a blob has a lease. The caller must hold the blob's lock. */
  boolean has(Digest digest) {
    return leases.containsKey(digest);
  }
}
