package dev.controlplane.pprof.contention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.Await;
import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Stack;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ContentionTest {
  private static final int CONTENDERS = 8;

  private final Contention contention = Contention.builder().cpuShare(0.1).start();
  private final AtomicBoolean over = new AtomicBoolean();
  private final List<Thread> threads = new ArrayList<>();

  @AfterEach
  void end() {
    over.set(true);
    contention.close();
    threads.forEach(Thread::interrupt);
  }

  private interface Wait {
    void run() throws Exception;
  }

  private Thread start(boolean virtual, Wait wait) {
    Thread thread =
        (virtual ? Thread.ofVirtual() : Thread.ofPlatform().daemon())
            .start(
                () -> {
                  try {
                    wait.run();
                  } catch (InterruptedException e) {
                    // the test is over
                  } catch (Exception e) {
                    throw new IllegalStateException(e);
                  }
                });
    threads.add(thread);
    return thread;
  }

  /** The sum of one value over the stacks with a method of this class. */
  private static long sum(
      ProfileKind.Cumulative kind, int value, String method, BiPredicate<Stack, LabelSet> wanted) {
    long[] sum = new long[1];
    profile(kind)
        .forEach(
            (stack, labels, values) -> {
              if (has(stack, method) && wanted.test(stack, labels)) {
                sum[0] += values[value];
              }
            });
    return sum[0];
  }

  private static Profile profile(ProfileKind.Cumulative kind) {
    try {
      return kind.collect(ProfileKind.Parameters.NONE);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static boolean has(Stack stack, String method) {
    String name = ContentionTest.class.getName() + "." + method;
    for (var frame : stack.frames) {
      if (frame.function.name.equals(name)) {
        return true;
      }
    }
    return false;
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void theDelayOfKnownContentionIsMeasuredWithinAFifth(boolean virtual, boolean monitor)
      throws Exception {
    var waited = new LongAdder();
    var lock = new ReentrantLock(true);
    var object = new Object();
    for (int i = 0; i < CONTENDERS; i++) {
      start(
          virtual,
          () -> {
            while (!over.get()) {
              if (monitor) {
                holdMonitor(object, waited);
              } else {
                holdLock(lock, waited);
              }
              Thread.sleep(1);
            }
          });
    }
    String method = monitor ? "holdMonitor" : "holdLock";
    String reason = "sync.Mutex.Lock";
    BiPredicate<Stack, LabelSet> mutexWait =
        (stack, labels) -> reason.equals(labels.pairs().get("wait"));
    String side = monitor ? "waiter" : "holder";
    BiPredicate<Stack, LabelSet> attributed =
        (stack, labels) -> side.equals(labels.pairs().get("attributed_to"));

    Await.until(() -> waited.sum() > TimeUnit.SECONDS.toNanos(16), () -> "only " + waited);
    over.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    double known = waited.sum();
    assertEquals(1, sum(contention.block(), 1, method, mutexWait) / known, 0.2, "block");
    assertEquals(1, sum(contention.mutex(), 1, method, attributed) / known, 0.2, "mutex");
    assertTrue(sum(contention.block(), 0, method, mutexWait) > 0);
    assertFalse(text(contention.block()).contains("java.lang.ref.Finalizer"), "the JVM's own");
  }

  /**
   * Holds for a known time, so that others wait for a known time: a load, and no wait of the test.
   */
  private void holdMonitor(Object object, LongAdder waited) throws InterruptedException {
    long from = System.nanoTime();
    synchronized (object) {
      waited.add(System.nanoTime() - from);
      Thread.sleep(20);
    }
  }

  /** As {@link #holdMonitor}. */
  private void holdLock(ReentrantLock lock, LongAdder waited) throws InterruptedException {
    long from = System.nanoTime();
    lock.lock();
    try {
      waited.add(System.nanoTime() - from);
      Thread.sleep(20);
    } finally {
      lock.unlock();
    }
  }

  private static String text(ProfileKind.Cumulative kind) {
    try {
      var out = new ByteArrayOutputStream();
      kind.writeText(1, ProfileKind.Parameters.NONE, out);
      return out.toString(StandardCharsets.UTF_8);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void theHolderOfALockIsBlamedAndNotTheWaiter() throws Exception {
    var lock = new ReentrantLock();
    var locked = new CountDownLatch(1);
    start(
        true,
        () -> {
          lock.lock();
          locked.countDown();
          stayWithLock();
        });
    locked.await();
    start(true, () -> waitFor(lock));

    Await.until(
        () -> sum(contention.mutex(), 1, "stayWithLock", (s, l) -> true) > 0,
        () -> text(contention.mutex()));
    assertEquals(0, sum(contention.mutex(), 1, "waitFor", (s, l) -> true));
    assertTrue(sum(contention.block(), 1, "waitFor", (s, l) -> true) > 0);
  }

  private static void stayWithLock() throws InterruptedException {
    new CountDownLatch(1).await();
  }

  private static void waitFor(ReentrantLock lock) throws InterruptedException {
    lock.lockInterruptibly();
  }

  @Test
  void waitsForOtherThreadsCountAndThoseForTimeAndTheNetworkDoNot() throws Exception {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      start(true, ContentionTest::waitForTime);
      start(true, () -> waitForNetwork(server));
      start(false, ContentionTest::waitForTime);
      start(true, ContentionTest::waitForQueue);
      start(true, ContentionTest::waitForLatch);
      start(false, () -> waitForSignal(new Object()));

      Await.until(
          () ->
              sum(contention.block(), 1, "waitForQueue", label("chan receive")) > 0
                  && sum(contention.block(), 1, "waitForLatch", label("sync.WaitGroup.Wait")) > 0
                  && sum(contention.block(), 1, "waitForSignal", label("sync.Cond.Wait")) > 0,
          () -> text(contention.block()));
      assertEquals(0, sum(contention.block(), 1, "waitForTime", (s, l) -> true));
      assertEquals(0, sum(contention.block(), 1, "waitForNetwork", (s, l) -> true));
      assertEquals(0, sum(contention.mutex(), 1, "waitForQueue", (s, l) -> true));
    }
  }

  private static BiPredicate<Stack, LabelSet> label(String reason) {
    return (stack, labels) -> reason.equals(labels.pairs().get("wait"));
  }

  private static void waitForTime() throws InterruptedException {
    // The subject of the test: a wait for time, which the test ends.
    Thread.sleep(100_000);
  }

  private static void waitForNetwork(ServerSocket server) throws Exception {
    try {
      server.accept();
    } catch (java.io.IOException e) {
      // the test is over
    }
  }

  private static void waitForQueue() throws InterruptedException {
    new LinkedBlockingQueue<>().take();
  }

  private static void waitForLatch() throws InterruptedException {
    new CountDownLatch(1).await();
  }

  @SuppressWarnings("WaitNotInLoop")
  private static void waitForSignal(Object monitor) throws InterruptedException {
    synchronized (monitor) {
      monitor.wait();
    }
  }

  @Test
  void sumsNeverFallAlsoStackByStack() throws Exception {
    start(true, ContentionTest::waitForQueue);
    Await.until(
        () -> sum(contention.block(), 1, "waitForQueue", (s, l) -> true) > 0, () -> "no waits");
    Profile earlier = profile(contention.block());
    Await.until(
        () -> profile(contention.block()).total(1) > earlier.total(1), () -> "nothing was added");

    profile(contention.block())
        .minus(earlier)
        .forEach(
            (stack, labels, values) ->
                assertTrue(values[0] >= 0 && values[1] >= 0, () -> values[0] + " " + values[1]));
  }

  @Test
  void everyThreadCountsAlsoWhereOnlySomeStacksAreRead() throws Exception {
    int many = 1000;
    var monitor = new Object();
    var entered = new CountDownLatch(1);
    start(true, () -> stayIn(monitor, entered));
    entered.await();
    for (int i = 0; i < many; i++) {
      start(true, ContentionTest::waitForQueue);
      start(true, () -> enter(monitor));
    }
    start(true, ContentionTest::waitForLatch);
    Await.until(
        () ->
            threads.stream().noneMatch(t -> t.getState() == Thread.State.RUNNABLE)
                && sum(contention.block(), 1, "waitForLatch", (s, l) -> true) > 0,
        () -> "not all wait");
    Profile earlier = profile(contention.block());

    Await.until(
        () -> {
          Profile growth = profile(contention.block()).minus(earlier);
          double one = delay(growth, "waitForLatch") * (double) many;
          return one > 0
              && Math.abs(delay(growth, "waitForQueue") / one - 1) < 0.2
              && Math.abs(delay(growth, "enter") / one - 1) < 0.2;
        },
        () -> text(contention.block()));
  }

  private static long delay(Profile profile, String method) {
    long[] nanos = new long[1];
    profile.forEach((stack, labels, values) -> nanos[0] += has(stack, method) ? values[1] : 0);
    return nanos[0];
  }

  private static void stayIn(Object monitor, CountDownLatch entered) throws InterruptedException {
    synchronized (monitor) {
      entered.countDown();
      new CountDownLatch(1).await();
    }
  }

  private static void enter(Object monitor) {
    synchronized (monitor) {
      Thread.onSpinWait();
    }
  }

  @Test
  void nothingRunsBeforeTheStartAndNothingAfterTheEnd() throws Exception {
    contention.close();
    Await.until(() -> sampler() == 0, () -> "it does not end");

    Contention off = Contention.off();
    assertEquals(0, sampler());
    assertEquals(0, profile(off.block()).size());
    assertTrue(text(off.mutex()).contains("not started"), text(off.mutex()));

    try (Contention on = Contention.builder().start()) {
      Await.until(() -> sampler() == 1, () -> "it does not start");
      assertTrue(on.interval().toMillis() > 0);
    }
    Await.until(() -> sampler() == 0, () -> "it does not end");
  }

  private static long sampler() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("pprof-contention"))
        .peek(thread -> assertTrue(thread.isDaemon()))
        .count();
  }

  /** A thread as a program may write it, which fails when it is asked for its state. */
  private static final class Failing extends Thread {
    private final AtomicBoolean failed = new AtomicBoolean();

    @Override
    public void run() {
      LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(60));
    }

    @Override
    public State getState() {
      if (failed.compareAndSet(false, true)) {
        throw new StackOverflowError("on purpose");
      }
      throw new IllegalStateException("on purpose");
    }
  }

  @Test
  void theMeasurementGoesOnAfterAFailure() throws Exception {
    var failing = new Failing();
    failing.setDaemon(true);
    failing.start();
    threads.add(failing);
    Await.until(failing.failed::get, () -> "not asked");
    start(true, ContentionTest::waitForLatch);

    Await.until(
        () -> sum(contention.block(), 1, "waitForLatch", (s, l) -> true) > 0,
        () -> text(contention.block()));
  }

  @Test
  void stacksBeyondTheLimitAreCountedTogether() throws Exception {
    try (Contention small = Contention.builder().maxStacks(1).cpuShare(0.1).start()) {
      start(true, ContentionTest::waitForQueue);
      start(true, ContentionTest::waitForLatch);

      Await.until(
          () -> text(small.block()).contains("pprof.otherStacks"), () -> text(small.block()));
      assertEquals(2, small.block().count());
      assertTrue(profile(small.block()).comments().toString().contains("more than 1 stacks"));
    }
  }

  @Test
  void labelsCanBeLeftOut() throws Exception {
    start(true, ContentionTest::waitForQueue);
    Await.until(() -> contention.block().count() > 0, () -> "no waits");

    contention
        .block()
        .collect(name -> name.equals("labels") ? "0" : "")
        .forEach((stack, labels, values) -> assertTrue(labels.isEmpty()));
    assertFalse(profile(contention.block()).size() == 0);
  }
}
