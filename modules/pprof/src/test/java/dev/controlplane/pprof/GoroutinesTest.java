package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.threads.InheritedLabels;
import dev.controlplane.pprof.threads.Roster;
import dev.controlplane.pprof.writers.ProfileText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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

  /** Ways to start a thread, none of which knows of labels. */
  enum Start {
    VIRTUAL {
      @Override
      void run(Runnable work) {
        Thread.startVirtualThread(work);
      }
    },
    PLATFORM {
      @Override
      void run(Runnable work) {
        new Thread(work).start();
      }
    },
    GRANDCHILD {
      @Override
      void run(Runnable work) {
        Thread.startVirtualThread(() -> new Thread(work).start());
      }
    },
    VIRTUAL_PER_TASK {
      @Override
      void run(Runnable work) {
        shutDown(Executors.newVirtualThreadPerTaskExecutor(), work);
      }
    },
    POOL {
      @Override
      void run(Runnable work) {
        shutDown(Executors.newFixedThreadPool(1), work);
      }
    },
    WITHOUT_INHERITANCE_BUT_RECORDED {
      @Override
      void run(Runnable work) {
        Goroutines.factory(Thread.ofVirtual().inheritInheritableThreadLocals(false))
            .newThread(() -> Thread.startVirtualThread(work))
            .start();
      }
    };

    abstract void run(Runnable work);

    private static void shutDown(ExecutorService executor, Runnable work) {
      executor.execute(work);
      executor.shutdown();
    }
  }

  @ParameterizedTest
  @EnumSource
  void labelsAreInheritedHoweverAThreadIsStarted(Start start) throws Exception {
    var running = new CompletableFuture<Thread>();
    Labels.of("consumer", "c-1")
        .run(
            () ->
                start.run(
                    () -> {
                      running.complete(Thread.currentThread());
                      LockSupport.park();
                    }));

    Dumps.Parsed parsed = parsed(parked(running.get()));

    assertEquals("waiting labels:{\"consumer\": \"c-1\"}", parsed.state());
    assertTrue(counted().contains("# labels: {\"consumer\":\"c-1\"}"), "in debug=1 too");
  }

  private String counted() throws IOException {
    var text = new ByteArrayOutputStream();
    ProfileText.write(profiler.collect(Source.LIVE), text);
    return text.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aThreadThatInheritsLabelsAddsItsOwnAndGoesBackToThem() throws Exception {
    var states = new CompletableFuture<List<String>>();
    Runnable work =
        () -> {
          try {
            states.complete(
                List.of(state(), Labels.of("b", "2", "a", "3").call(this::state), state()));
          } catch (IOException e) {
            states.completeExceptionally(e);
          }
        };
    Labels.of("a", "1").run(() -> Thread.startVirtualThread(work));

    assertEquals(
        List.of(
            "running labels:{\"a\": \"1\"}",
            "running labels:{\"a\": \"3\", \"b\": \"2\"}",
            "running labels:{\"a\": \"1\"}"),
        states.get());
  }

  private String state() throws IOException {
    return Dumps.parse(Dumps.take(profiler, Source.LIVE))
        .get(Thread.currentThread().threadId())
        .state();
  }

  @Test
  void threadsThatMustNotInheritDoNot() throws Exception {
    var threads = new ArrayList<Thread>();
    Labels.of("consumer", "c-1")
        .run(
            () ->
                threads.add(
                    Thread.ofVirtual()
                        .inheritInheritableThreadLocals(false)
                        .start(LockSupport::park)));
    threads.add(Thread.startVirtualThread(LockSupport::park));

    for (Thread thread : threads) {
      assertEquals("waiting", parsed(parked(thread)).state());
    }
  }

  @Test
  void labelsThatChangeWhileTheyAreReadAreTheOldOrTheNewOnes() throws Exception {
    var on = new AtomicBoolean(true);
    Thread changing =
        Thread.startVirtualThread(
            () -> {
              while (on.get()) {
                Labels.of("a", "1").run(() -> Labels.of("b", "2").run(Thread::yield));
              }
            });
    var seen = new HashSet<String>();
    for (int i = 0; i < 200_000; i++) {
      seen.add(InheritedLabels.of(changing).compact());
    }
    on.set(false);
    changing.join();

    seen.removeAll(Set.of("{}", "{\"a\":\"1\"}", "{\"a\":\"1\", \"b\":\"2\"}"));
    assertEquals(Set.of(), seen);
    assertTrue(InheritedLabels.of(changing).isEmpty(), "nothing is kept of an ended thread");
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
