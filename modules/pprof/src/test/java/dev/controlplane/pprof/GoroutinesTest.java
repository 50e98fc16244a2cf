package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who started a thread, and its labels. */
final class GoroutinesTest {
  private final GoroutineProfiler profiler = GoroutineProfiler.create();
  private final List<Thread> started = new ArrayList<>();

  @AfterEach
  void endThreads() throws InterruptedException {
    for (Thread thread : started) {
      thread.interrupt();
      thread.join();
    }
  }

  private Thread parked(Thread thread) {
    started.add(thread);
    return thread;
  }

  private Dumps.Parsed parsed(Thread thread) throws Exception {
    return Dumps.await(profiler, thread, goroutine -> goroutine.state().startsWith("waiting"));
  }

  private Thread subscribe() {
    return Goroutines.start("stream", () -> LockSupport.park());
  }

  private Thread subscribeFromLambda() {
    var threads = new ArrayList<Thread>();
    Runnable handler = () -> threads.add(Goroutines.start("stream", LockSupport::park));
    handler.run();
    return threads.getFirst();
  }

  @Test
  void aThreadIsCreatedByTheMethodThatStartsIt() throws Exception {
    String created = parsed(parked(subscribe())).created();

    assertTrue(
        created.matches(
            "dev\\.controlplane\\.pprof\\.GoroutinesTest\\.subscribe in goroutine "
                + Thread.currentThread().threadId()
                + " dev/controlplane/pprof/GoroutinesTest\\.java:\\d+"),
        created);
  }

  @Test
  void aThreadStartedInALambdaIsCreatedByTheMethodAroundIt() throws Exception {
    String created = parsed(parked(subscribeFromLambda())).created();

    assertTrue(created.startsWith("dev.controlplane.pprof.GoroutinesTest.subscribeFromLambda in "));
  }

  @Test
  void factoriesAndExecutorsRememberTheirCallers() throws Exception {
    Thread platform = Goroutines.factory(Thread.ofPlatform().daemon()).newThread(LockSupport::park);
    platform.start();
    var task = new ArrayList<Thread>();
    var began = new CountDownLatch(1);
    var executor = Goroutines.executor();
    executor.execute(
        () -> {
          task.add(Thread.currentThread());
          began.countDown();
          LockSupport.park();
        });
    began.await();

    for (Thread thread : List.of(parked(platform), parked(task.getFirst()))) {
      String created = parsed(thread).created();
      assertTrue(
          created.startsWith(
              "dev.controlplane.pprof.GoroutinesTest.factoriesAndExecutorsRememberTheirCallers in"),
          created);
    }
    executor.shutdown();
  }

  @Test
  void framesOfTheFactoryAreNotShown() throws Exception {
    Thread thread = parked(subscribe());

    assertEquals(
        List.of(
            "java.util.concurrent.locks.LockSupport.park",
            "dev.controlplane.pprof.GoroutinesTest.lambda$subscribe$0"),
        parsed(thread).functions().stream().map(name -> name.replaceAll("\\d+$", "0")).toList());
  }

  @Test
  void aThreadThatSomeoneElseStartedHasNoCreator() throws Exception {
    assertNull(parsed(parked(Thread.ofVirtual().start(LockSupport::park))).created());
  }

  @Test
  void labelsAreInheritedByThreadsStartedInside() throws Exception {
    List<Thread> threads = new ArrayList<>();
    Labels.of("consumer", "c-1")
        .run(
            () ->
                Labels.of("worker", "w", "consumer", "c-2")
                    .run(() -> threads.add(Goroutines.start("inner", LockSupport::park))));

    Dumps.Parsed parsed = parsed(parked(threads.getFirst()));

    assertEquals("waiting labels:{\"consumer\": \"c-2\", \"worker\": \"w\"}", parsed.state());
  }

  @Test
  void labelsLastAsLongAsTheWork() throws Exception {
    Thread thread = Thread.currentThread();

    String inside = Labels.of("k", "v").call(() -> Dumps.take(profiler, Source.LIVE));
    String outside = Dumps.take(profiler, Source.LIVE);

    assertEquals(
        "running labels:{\"k\": \"v\"}", Dumps.parse(inside).get(thread.threadId()).state());
    assertEquals("running", Dumps.parse(outside).get(thread.threadId()).state());
  }

  @Test
  void labelsEndWithWorkThatFails() throws Exception {
    assertThrows(
        IOException.class,
        () ->
            Labels.of("k", "v")
                .call(
                    () -> {
                      throw new IOException("expected");
                    }));

    assertFalse(Dumps.take(profiler, Source.LIVE).contains("labels:"));
  }

  @Test
  void labelsCanBeLeftOut() throws Exception {
    var plain = GoroutineProfiler.create(GoroutineProfiler.Options.defaults().withLabels(false));

    String dump = Labels.of("k", "v").call(() -> Dumps.take(plain, Source.LIVE));

    assertFalse(dump.contains("labels:"));
  }

  @Test
  void aLabelWithoutAValueIsRefused() {
    Exception refused =
        assertThrows(IllegalArgumentException.class, () -> Labels.of("a", "b", "consumer"));

    assertTrue(refused.getMessage().contains("consumer"));
  }

  @Test
  void endedThreadsAreForgotten() throws Exception {
    for (int round = 0; round < 100; round++) {
      var threads = new ArrayList<Thread>();
      for (int i = 0; i < 1_000; i++) {
        threads.add(Goroutines.start("short", () -> Labels.of("a", "b").run(Thread::yield)));
      }
      for (Thread thread : threads) {
        thread.join();
      }
    }

    assertEquals(0, Roster.size());
  }
}
