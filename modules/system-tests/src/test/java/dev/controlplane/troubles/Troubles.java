package dev.controlplane.troubles;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Starts virtual threads that burn CPU time, allocate, contend for locks, are leaked and are
 * deadlocked. They leave most of the machine to the server.
 */
public final class Troubles {
  private static final int CONTENDERS = 4;
  private static final Lock LOCK = new ReentrantLock();
  private static final Object MONITOR = new Object();
  private static final Lock LEFT = new ReentrantLock();
  private static final Lock RIGHT = new ReentrantLock();
  private static final CountDownLatch BOTH_HELD = new CountDownLatch(2);

  private static volatile long hash;

  @SuppressWarnings("UnusedVariable") // kept, so that the allocation is not optimised away
  private static volatile byte[] garbage;

  private Troubles() {}

  private interface Trouble {
    void happen() throws InterruptedException;
  }

  /** Called by the JVM before the server starts. */
  public static void premain(String options) {
    start("burner", () -> repeat(Troubles::burn));
    start("allocator", () -> repeat(Troubles::allocate));
    for (int i = 0; i < CONTENDERS; i++) {
      start("lock-contender", () -> repeat(Troubles::contendForLock));
      start("monitor-contender", () -> repeat(Troubles::contendForMonitor));
    }
    start("leaked", Troubles::awaitForgottenLatch);
    start("left-then-right", Troubles::lockLeftThenRight);
    start("right-then-left", Troubles::lockRightThenLeft);
  }

  private static void start(String name, Trouble trouble) {
    Thread.ofVirtual()
        .name(name)
        .start(
            () -> {
              try {
                trouble.happen();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
  }

  private static void repeat(Trouble trouble) throws InterruptedException {
    while (true) {
      trouble.happen();
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  private static void burn() {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(5);
    long next = hash;
    while (System.nanoTime() < end) {
      for (int i = 0; i < 20_000; i++) {
        next = next * 31 + i;
      }
    }
    hash = next;
  }

  private static void allocate() {
    for (int i = 0; i < 32; i++) {
      garbage = new byte[64 << 10]; // the allocating line
    }
  }

  private static void contendForLock() throws InterruptedException {
    LOCK.lock();
    try {
      holdLock();
    } finally {
      LOCK.unlock();
    }
  }

  private static void holdLock() throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(20);
  }

  private static void contendForMonitor() throws InterruptedException {
    synchronized (MONITOR) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private static void awaitForgottenLatch() throws InterruptedException {
    new CountDownLatch(1).await();
  }

  private static void lockLeftThenRight() throws InterruptedException {
    lockBoth(LEFT, RIGHT);
  }

  private static void lockRightThenLeft() throws InterruptedException {
    lockBoth(RIGHT, LEFT);
  }

  private static void lockBoth(Lock mine, Lock other) throws InterruptedException {
    mine.lock();
    try {
      BOTH_HELD.countDown();
      BOTH_HELD.await();
      other.lockInterruptibly(); // never returns
    } finally {
      mine.unlock();
    }
  }
}
