package dev.controlplane.pprof.http.ui;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.ReentrantLock;

/** Threads that wait in known ways. */
final class Zoo implements AutoCloseable {
  private final List<Thread> threads = new ArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final LinkedBlockingQueue<Integer> queue = new LinkedBlockingQueue<>();

  /** Threads that wait for a value of a queue. */
  void receivers(int count) {
    start(count, this::receive);
  }

  /** Threads that sleep. */
  void sleepers(int count) {
    start(count, Zoo::sleep);
  }

  /** Threads that wait for a lock, and one that has it and sleeps. */
  void lockers(int count) {
    var locked = new CountDownLatch(1);
    start(1, () -> holdLock(locked));
    try {
      locked.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    start(count, this::wantLock);
  }

  private void receive() {
    try {
      queue.take();
    } catch (InterruptedException e) {
      // The zoo closes.
    }
  }

  /** Sleeps until it is interrupted: one of the states that the page shows. */
  private static void sleep() {
    try {
      Thread.sleep(Duration.ofHours(1));
    } catch (InterruptedException e) {
      // The zoo closes.
    }
  }

  private void holdLock(CountDownLatch locked) {
    lock.lock();
    try {
      locked.countDown();
      sleep();
    } finally {
      lock.unlock();
    }
  }

  private void wantLock() {
    try {
      lock.lockInterruptibly();
      lock.unlock();
    } catch (InterruptedException e) {
      // The zoo closes.
    }
  }

  private void start(int count, Runnable work) {
    for (int i = 0; i < count; i++) {
      threads.add(Thread.ofVirtual().start(work));
    }
  }

  @Override
  public void close() {
    threads.forEach(Thread::interrupt);
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }
}
