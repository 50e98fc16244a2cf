package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Stack;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Virtual threads that stand still between profiles, and those that move on. */
final class StandingThreadsTest {
  private static final int THREADS = 900;

  private final Semaphore[] gates = {new Semaphore(0), new Semaphore(0)};
  private final AtomicBoolean over = new AtomicBoolean();
  private final List<Thread> threads = new ArrayList<>();
  private final GoroutineProfiler profiler = GoroutineProfiler.create();

  @AfterEach
  void end() throws InterruptedException {
    over.set(true);
    for (Semaphore gate : gates) {
      gate.release(THREADS);
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  @Test
  void aThreadIsSeenWhereItIsHoweverLongItStoodElsewhere() throws Exception {
    for (int i = 0; i < THREADS; i++) {
      int depth = i % 40;
      threads.add(Thread.ofVirtual().start(() -> wander(depth)));
    }
    for (int round = 0; round < 6; round++) {
      int place = round % 2;
      awaitParked(place);
      // The second time a walk confirms what the first found; the third it is remembered.
      for (int look = 0; look < 4; look++) {
        assertEquals(Map.of(name(place), (long) THREADS), places(), "round " + round);
        if (look == 2) {
          System.gc(); // moves what the frames refer to
        }
      }
      gates[place].release(THREADS);
    }
  }

  @Test
  void aThreadThatMovesWhileProfilesAreTakenIsNeverRememberedAtTheWrongPlace() throws Exception {
    for (int i = 0; i < THREADS; i++) {
      int depth = i % 40;
      threads.add(Thread.ofVirtual().start(() -> wander(depth)));
    }
    var turns = new CyclicBarrier(2);
    Thread mover =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int round = 0; round < 40; round++) {
                    gates[round % 2].release(THREADS);
                    while (gates[round % 2].availablePermits() > 0) {
                      Thread.onSpinWait();
                    }
                  }
                  await(turns);
                });
    while (turns.getNumberWaiting() == 0) {
      profiler.collect(Source.LIVE);
    }
    await(turns);
    mover.join();
    awaitParked(0);
    for (int look = 0; look < 3; look++) {
      assertEquals(Map.of(name(0), (long) THREADS), places());
    }
  }

  @Test
  void aThreadThatHasNotRunIsNotWalkedAgain() throws Exception {
    for (int i = 0; i < THREADS; i++) {
      int depth = i % 40;
      threads.add(Thread.ofVirtual().start(() -> wander(depth)));
    }
    awaitParked(0);
    profiler.collect(Source.LIVE); // loads classes
    gates[0].release(THREADS);
    awaitParked(1);
    long walked = allocatedBytes();
    long least = walked;
    // Two walks confirm each other. A garbage collection makes both necessary once more.
    for (int look = 0; look < 10; look++) {
      least = Math.min(least, allocatedBytes());
    }
    assertTrue(least < walked / 5, walked + " bytes, then " + least);
  }

  private long allocatedBytes() throws IOException {
    long before = allocated();
    profiler.collect(Source.LIVE);
    return allocated() - before;
  }

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getCurrentThreadAllocatedBytes();
  }

  /** How many of the threads wait at each place, as a profile tells it. */
  private Map<String, Long> places() throws IOException {
    Profile profile = profiler.collect(Source.LIVE);
    var places = new TreeMap<String, Long>();
    profile.forEach(
        (stack, labels, values) -> {
          String place = place(stack);
          if (place != null) {
            places.merge(place, values[0], Long::sum);
          }
        });
    return places;
  }

  private static String place(Stack stack) {
    return Arrays.stream(stack.frames)
        .map(frame -> frame.function.name)
        .filter(name -> name.endsWith(".north") || name.endsWith(".south"))
        .findFirst()
        .orElse(null);
  }

  private static String name(int place) {
    return StandingThreadsTest.class.getName() + (place == 0 ? ".north" : ".south");
  }

  private void awaitParked(int place) {
    while (gates[1 - place].availablePermits() > 0 || gates[place].getQueueLength() < THREADS) {
      LockSupport.parkNanos(1_000_000);
    }
    for (Thread thread : threads) {
      while (thread.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
    }
  }

  private void wander(int depth) {
    if (depth > 0) {
      wander(depth - 1);
      return;
    }
    while (!over.get()) {
      north();
      south();
    }
  }

  private void north() {
    gates[0].acquireUninterruptibly();
  }

  private void south() {
    gates[1].acquireUninterruptibly();
  }

  private static void await(CyclicBarrier turns) {
    try {
      turns.await();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
