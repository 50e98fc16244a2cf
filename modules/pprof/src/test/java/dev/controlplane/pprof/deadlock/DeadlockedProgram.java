package dev.controlplane.pprof.deadlock;

import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.StandardProfiles;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** Has deadlocks of all kinds, and waits that are none, and prints what the profiles say. */
final class DeadlockedProgram {
  private DeadlockedProgram() {}

  /** Takes something that only one thread can have, and meanwhile does something else. */
  private interface Exclusive {
    void whileHeld(Work work) throws Exception;
  }

  private interface Work {
    void run() throws Exception;
  }

  private static Exclusive lock(Lock lock) {
    return work -> {
      lock.lock();
      try {
        work.run();
      } finally {
        lock.unlock();
      }
    };
  }

  private static Exclusive monitor(Object object) {
    return work -> holdMonitor(object, work);
  }

  private static void holdMonitor(Object object, Work work) throws Exception {
    synchronized (object) {
      work.run();
    }
  }

  private static final class Account {}

  public static void main(String[] args) throws Exception {
    if (args[0].equals("platform")) {
      circle("platform-monitors", "pp", monitor(new Account()), monitor(new Account()));
      circle("platform-locks", "pp", lock(new ReentrantLock()), lock(new ReentrantLock()));
    } else {
      circle("virtual-locks", "vv", lock(new ReentrantLock()), lock(new ReentrantLock()));
      circle("virtual-monitors", "vv", monitor(new Account()), monitor(new Account()));
      circle("mixed-locks", "vp", lock(new ReentrantLock()), lock(new ReentrantLock(true)));
      circle("mixed-monitors", "pv", monitor(new Account()), monitor(new Account()));
      circle("mixed-all", "vp", monitor(new Account()), lock(new ReentrantLock()));
      circle(
          "three",
          "vpv",
          lock(new ReentrantReadWriteLock().writeLock()),
          monitor(new Account()),
          lock(new ReentrantLock()));
      innocent();
    }
    try (StandardProfiles standard = StandardProfiles.builder().build()) {
      var deadlock = (ProfileKind.Snapshot) standard.profiles().find("deadlock").orElseThrow();
      var goroutine = (ProfileKind.Snapshot) standard.profiles().find("goroutine").orElseThrow();
      deadlock.writeText(1, ProfileKind.Parameters.NONE, System.out);
      System.out.println("count " + deadlock.count());
      goroutine.writeText(2, ProfileKind.Parameters.NONE, System.out);
    }
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }

  /** Each thread holds its own and wants the next one's. Returns when all wait. */
  private static void circle(String name, String kinds, Exclusive... exclusives) throws Exception {
    var barrier = new CyclicBarrier(kinds.length());
    for (int i = 0; i < kinds.length(); i++) {
      Exclusive own = exclusives[i];
      Exclusive next = exclusives[(i + 1) % exclusives.length];
      Thread.Builder builder =
          kinds.charAt(i) == 'v' ? Thread.ofVirtual() : Thread.ofPlatform().daemon();
      Thread thread =
          builder
              .name(name + "-" + i)
              .start(
                  quietly(
                      () ->
                          own.whileHeld(
                              () -> {
                                barrier.await();
                                next.whileHeld(() -> {});
                              })));
      started(thread, i + 1 < kinds.length());
    }
  }

  private static void started(Thread thread, boolean waitsForOthers) throws Exception {
    while (!waitsForOthers
        && thread.getState() != Thread.State.WAITING
        && thread.getState() != Thread.State.BLOCKED) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  /** Waits for locks whose holders will release them, or whose waiters will give up. */
  private static void innocent() throws Exception {
    var object = new Account();
    var lock = new ReentrantLock();
    var held = new CyclicBarrier(2);
    Thread.ofVirtual()
        .name("innocent-holder")
        .start(
            quietly(
                () ->
                    holdMonitor(
                        object,
                        () -> {
                          lock.lock();
                          held.await();
                          TimeUnit.HOURS.sleep(1);
                        })));
    held.await();
    Thread.ofVirtual().name("innocent-a").start(quietly(() -> holdMonitor(object, () -> {})));
    Thread.ofPlatform().daemon().name("innocent-b").start(quietly(lock::lock));
    var first = new ReentrantLock();
    var second = new ReentrantLock();
    var both = new CyclicBarrier(2);
    Thread.ofVirtual().name("innocent-c").start(quietly(() -> giveUp(first, second, both)));
    Thread.ofVirtual().name("innocent-d").start(quietly(() -> giveUp(second, first, both)));
  }

  private static void giveUp(ReentrantLock own, ReentrantLock other, CyclicBarrier both)
      throws Exception {
    own.lock();
    both.await();
    if (other.tryLock(1, TimeUnit.HOURS)) {
      other.unlock();
    }
  }

  private static Runnable quietly(Work work) {
    return () -> {
      try {
        work.run();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    };
  }
}
