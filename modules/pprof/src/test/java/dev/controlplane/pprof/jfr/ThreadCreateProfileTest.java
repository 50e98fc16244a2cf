package dev.controlplane.pprof.jfr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.Await;
import dev.controlplane.pprof.Goroutines;
import dev.controlplane.pprof.ProfileKind.Parameters;
import dev.controlplane.pprof.model.Profile;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who created the threads of this JVM. */
final class ThreadCreateProfileTest {
  private final List<Thread> threads = new ArrayList<>();

  @AfterEach
  void end() throws InterruptedException {
    for (Thread thread : threads) {
      thread.interrupt();
      thread.join();
    }
  }

  private void startSome() {
    for (int i = 0; i < 7; i++) {
      threads.add(Thread.ofPlatform().start(LockSupport::park));
    }
  }

  @Test
  void withARecordingThreadsHaveTheStackThatStartedThem() throws Exception {
    try (AllocsProfile allocations = AllocsProfile.start()) {
      var kind = new ThreadCreateProfile(allocations);
      await(kind, this::startOne, some -> some.of(".startOne", 0) > 0);

      startSome();

      await(kind, () -> {}, some -> some.of(".startSome", 0) == 7);
      int started = allocations.creators().size();
      end();
      await(kind, () -> {}, some -> allocations.creators().size() < started);
      assertEquals(0, Samples.of(kind.collect(Parameters.NONE)).of(".startSome", 0));
    }
  }

  private void startOne() {
    threads.add(Thread.ofPlatform().start(LockSupport::park));
  }

  /** Collects until the threads are as expected: the recording is read once a second. */
  private static void await(
      ThreadCreateProfile kind, Runnable meanwhile, Predicate<Samples> expected) throws Exception {
    Await.value(
        () -> {
          meanwhile.run();
          return Samples.of(kind.collect(Parameters.NONE));
        },
        expected);
  }

  @Test
  void withoutARecordingOnlyTheThreadsOfOurFactoryHaveACreator() {
    ThreadFactory factory = Goroutines.factory(Thread.ofPlatform());
    Thread known = factory.newThread(LockSupport::park);
    threads.add(known);
    known.start();
    while (known.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    startSome();

    Profile profile = new ThreadCreateProfile().collect(Parameters.NONE);

    Samples samples = Samples.of(profile);
    assertEquals(1, samples.of(".withoutARecordingOnlyTheThreadsOfOurFactoryHaveACreator", 0));
    Samples.Sample others = samples.top(0);
    assertEquals(List.of(), others.frames());
    assertTrue(others.values().getFirst() > 8, samples::toString);
    assertEquals(new Profile.ValueType("threadcreate", "count"), profile.periodType());
    assertEquals(1, profile.period());
  }
}
