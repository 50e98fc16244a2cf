package dev.controlplane.pprof.sources;

import dev.controlplane.pprof.threads.Exports;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.AbstractOwnableSynchronizer;

/**
 * Finds the thread that holds a lock of {@code java.util.concurrent.locks}, such as a {@code
 * ReentrantLock} or the write lock of a {@code ReentrantReadWriteLock}. The JVM records no owner
 * for read locks, {@code StampedLock} and {@code Semaphore}.
 *
 * <p>Requires the JVM option {@code --add-opens java.base/java.util.concurrent.locks=ALL-UNNAMED}.
 */
public final class LockOwners {
  /** The JVM option that makes owners visible. */
  public static final String OPTION = Exports.addOpens("java.util.concurrent.locks");

  /** Null if the field can't be accessed. */
  private static final VarHandle OWNER = find();

  private LockOwners() {}

  private static VarHandle find() {
    Class<?> lock = AbstractOwnableSynchronizer.class;
    if (!lock.getModule().isOpen(lock.getPackageName(), LockOwners.class.getModule())) {
      return null;
    }
    try {
      return MethodHandles.privateLookupIn(lock, MethodHandles.lookup())
          .findVarHandle(lock, "exclusiveOwnerThread", Thread.class);
    } catch (ReflectiveOperationException e) {
      return null; // this JVM records the owner elsewhere
    }
  }

  /** Whether owners can be found in this JVM. */
  public static boolean visible() {
    return OWNER != null;
  }

  /**
   * Returns the thread that holds a lock.
   *
   * @param blocker what a thread is parked on ({@code LockSupport.getBlocker}); may be null
   * @return null if nobody holds it, or it is no lock with an owner
   */
  public static Thread of(Object blocker) {
    // Another thread writes the field without a barrier. The value was the owner a moment ago.
    return OWNER != null && blocker instanceof AbstractOwnableSynchronizer
        ? (Thread) OWNER.getOpaque(blocker)
        : null;
  }
}
