package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.census.GoroutineCensus;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GoroutineCensusTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final GoroutineCensus census = new GoroutineCensus(GoroutineProfiler.Options.defaults());
  private final CountDownLatch end = new CountDownLatch(1);

  @Test
  void countsGoroutinesByStackAndState() throws IOException, InterruptedException {
    List<Thread> threads = start(25);
    assertEquals("sync.WaitGroup.Wait", group(25).state());
    end(threads);
  }

  @Test
  void tellsForHowLongAGoroutineHasStoodStill() throws IOException, InterruptedException {
    List<Thread> early = start(3);
    GoroutineCensus.Group first = group(3);
    final long started = System.nanoTime();
    List<Thread> late = start(2);
    GoroutineCensus.Group five = group(5);
    while (five.since().compareTo(Duration.ofSeconds(1)) < 0) {
      five = group(5);
    }

    assertTrue(early.stream().anyMatch(t -> t.threadId() == longest().orElseThrow()));
    assertFalse(late.stream().anyMatch(t -> t.threadId() == longest().orElseThrow()));
    assertTrue(
        five.since().compareTo(first.since().plusNanos(System.nanoTime() - started).plusSeconds(5))
            < 0);
    end(early);
    end(late);
  }

  @Test
  void aGoroutineThatWasElsewhereStandsThereAnew() throws IOException, InterruptedException {
    List<CountDownLatch> gates =
        List.of(new CountDownLatch(1), new CountDownLatch(1), new CountDownLatch(1));
    Thread wanderer =
        Thread.ofVirtual()
            .start(
                () -> {
                  for (CountDownLatch gate : gates) {
                    if (gate.equals(gates.get(1))) {
                      elsewhere(gate);
                    } else {
                      await(gate);
                    }
                  }
                });
    while (group(1).since().isZero()) {
      Thread.onSpinWait();
    }
    gates.get(0).countDown();
    while (!has(census.look(), "elsewhere")) {
      Thread.onSpinWait();
    }
    long left = System.nanoTime();
    gates.get(1).countDown();
    GoroutineCensus.Group back = group(1);
    assertTrue(back.since().toNanos() <= System.nanoTime() - left, "since " + back.since());
    gates.get(2).countDown();
    wanderer.join();
  }

  @Test
  void whoeverAsksAgainAtOnceGetsTheSameLook() throws IOException {
    long start = System.nanoTime();
    GoroutineCensus.Look look = census.look();
    GoroutineCensus.Look again = census.look();
    // Not if the machine stood still meanwhile.
    if (System.nanoTime() - start < Duration.ofMillis(500).toNanos()) {
      assertSame(look, again);
    }
  }

  @Test
  void theJvmsOwnThreadsAreHiddenIfTheOptionsSaySo() throws IOException {
    var hiding = new GoroutineCensus(GoroutineProfiler.Options.defaults().withJvmThreads(false));
    assertTrue(has(census.look(), "ReferenceHandler"));
    assertFalse(has(hiding.look(), "ReferenceHandler"));
  }

  private static boolean has(GoroutineCensus.Look look, String name) {
    return look.groups().stream()
        .flatMap(group -> java.util.Arrays.stream(group.stack().frames))
        .anyMatch(frame -> frame.function.name.contains(name));
  }

  private List<Thread> start(int count) {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      threads.add(Thread.ofVirtual().start(() -> await(end)));
    }
    return threads;
  }

  private static void elsewhere(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private void end(List<Thread> threads) throws InterruptedException {
    end.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private Optional<Long> longest() {
    try {
      return find().map(GoroutineCensus.Group::longest);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Optional<GoroutineCensus.Group> find() throws IOException {
    return census.look().groups().stream()
        .filter(
            group ->
                group.state().equals("sync.WaitGroup.Wait")
                    && java.util.Arrays.stream(group.stack().frames)
                        .anyMatch(
                            frame ->
                                frame.function.name.equals(
                                    GoroutineCensusTest.class.getName() + ".await")))
        .findFirst();
  }

  /** The group of this test's threads, once it has so many. */
  private GoroutineCensus.Group group(int count) throws IOException {
    long start = System.nanoTime();
    while (System.nanoTime() - start < LIMIT.toNanos()) {
      Optional<GoroutineCensus.Group> found = find();
      if (found.filter(group -> group.count() == count).isPresent()) {
        return found.get();
      }
    }
    throw new AssertionError("no group of " + count + ", but " + find());
  }
}
