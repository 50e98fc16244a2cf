package dev.controlplane.pprof.leak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.Await;
import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.Profile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LeakTest {
  private static final BlockingQueue<String> STATIC = new LinkedBlockingQueue<>();

  private final LeakKind kind = new LeakKind(GoroutineProfiler.Options.defaults(), 1L << 30);
  private final List<Thread> threads = new ArrayList<>();

  @AfterEach
  void end() {
    threads.forEach(Thread::interrupt);
  }

  private interface Work {
    void run() throws Exception;
  }

  private static Runnable quietly(Work work) {
    return () -> {
      try {
        work.run();
      } catch (InterruptedException e) {
        // the test is over
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    };
  }

  /** Starts a thread, virtual and platform, and returns when they wait. */
  private void both(Work work) throws Exception {
    start(Thread.ofVirtual().unstarted(quietly(work)));
    start(Thread.ofPlatform().daemon().unstarted(quietly(work)));
  }

  private void start(Thread thread) throws Exception {
    thread.start();
    threads.add(thread);
    await(thread);
  }

  private static void await(Thread thread) throws Exception {
    Await.value(
        thread::getState,
        state -> state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING);
  }

  private Profile leaks() throws IOException {
    return kind.collect(ProfileKind.Parameters.NONE);
  }

  /** How many leaked threads have a method of this class on their stacks. */
  private static long count(Profile profile, String method) {
    long[] leaks = new long[1];
    String name = LeakTest.class.getName() + method;
    profile.forEach(
        (stack, labels, values) -> {
          for (Frame frame : stack.frames) {
            if (frame.function.name.equals(name)) {
              leaks[0] += values[0];
              return;
            }
          }
        });
    return leaks[0];
  }

  private static void takeFromDroppedQueue() throws InterruptedException {
    new LinkedBlockingQueue<>().take();
  }

  private static void awaitDroppedLatch() throws InterruptedException {
    new CountDownLatch(1).await();
  }

  private static void acquireDroppedSemaphore() throws InterruptedException {
    new Semaphore(0).acquire();
  }

  private static void getDroppedFuture() throws Exception {
    new CompletableFuture<String>().get();
  }

  @SuppressWarnings("WaitNotInLoop")
  private static void waitForDroppedObject() throws InterruptedException {
    Object dropped = new Object();
    synchronized (dropped) {
      dropped.wait();
    }
  }

  @Test
  void threadsThatWaitOnWhatTheyAloneCanReachAreLeaked() throws Exception {
    both(LeakTest::takeFromDroppedQueue);
    both(LeakTest::awaitDroppedLatch);
    both(LeakTest::acquireDroppedSemaphore);
    both(LeakTest::getDroppedFuture);
    both(LeakTest::waitForDroppedObject);

    Profile profile = leaks();

    assertEquals(2, count(profile, ".takeFromDroppedQueue"));
    assertEquals(2, count(profile, ".awaitDroppedLatch"));
    assertEquals(2, count(profile, ".acquireDroppedSemaphore"));
    assertEquals(2, count(profile, ".getDroppedFuture"));
    assertEquals(2, count(profile, ".waitForDroppedObject"));
    assertEquals(profile.total(0), kind.count());
  }

  private static void takeFromStaticQueue() throws InterruptedException {
    STATIC.take();
  }

  private static void takeFromQueueOfRunningThread(BlockingQueue<String> queue)
      throws InterruptedException {
    queue.take();
  }

  private static void parkWithoutAReason() {
    while (!Thread.currentThread().isInterrupted()) {
      LockSupport.park();
    }
  }

  private static void sleep() throws InterruptedException {
    Thread.sleep(100_000);
  }

  private static void waitForALimitedTime() throws InterruptedException {
    if (new CountDownLatch(1).await(100, TimeUnit.SECONDS)) {
      throw new IllegalStateException();
    }
  }

  private static void holdAndSleep(ReentrantLock lock) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      sleep();
    } finally {
      lock.unlock();
    }
  }

  private static void lockWhatALiveThreadHolds(ReentrantLock lock) throws InterruptedException {
    lock.lockInterruptibly();
  }

  @Test
  void threadsThatSomethingCanWakeAreNot() throws Exception {
    var queue = new LinkedBlockingQueue<String>();
    var lock = new ReentrantLock();
    start(Thread.ofVirtual().unstarted(quietly(() -> holdAndSleep(lock))));
    both(LeakTest::takeFromStaticQueue);
    both(() -> takeFromQueueOfRunningThread(queue));
    both(LeakTest::parkWithoutAReason);
    both(LeakTest::sleep);
    both(LeakTest::waitForALimitedTime);
    both(() -> lockWhatALiveThreadHolds(lock));

    Profile profile = leaks();

    assertEquals(0, count(profile, ".takeFromStaticQueue"));
    assertEquals(0, count(profile, ".takeFromQueueOfRunningThread"));
    assertEquals(0, count(profile, ".parkWithoutAReason"));
    assertEquals(0, count(profile, ".sleep"));
    assertEquals(0, count(profile, ".waitForALimitedTime"));
    assertEquals(0, count(profile, ".lockWhatALiveThreadHolds"));
    assertTrue(queue.isEmpty());
  }

  private static void first(CountDownLatch go, CountDownLatch done) throws InterruptedException {
    go.await();
    done.countDown();
  }

  private static void second(CountDownLatch done) throws InterruptedException {
    done.await();
  }

  @Test
  void aThreadThatALeakedOneWouldWakeIsLeakedAndOneThatALiveOneWillWakeIsNot() throws Exception {
    startChain(new CountDownLatch(1));
    Profile leaked = leaks();
    assertEquals(1, count(leaked, ".first"));
    assertEquals(1, count(leaked, ".second"));

    var go = new CountDownLatch(1);
    startChain(go);
    Profile alive = leaks();
    assertEquals(1, count(alive, ".first"));
    assertEquals(1, count(alive, ".second"));
    assertEquals(1, go.getCount());
  }

  private void startChain(CountDownLatch go) throws Exception {
    var done = new CountDownLatch(1);
    start(Thread.ofVirtual().unstarted(quietly(() -> first(go, done))));
    start(Thread.ofVirtual().unstarted(quietly(() -> second(done))));
  }

  private static void join(Thread thread) throws InterruptedException {
    thread.join();
  }

  @Test
  void whoJoinsALeakedThreadIsLeakedAndWhoJoinsALiveOneIsNot() throws Exception {
    for (Thread.Builder builder : List.of(Thread.ofVirtual(), Thread.ofPlatform().daemon())) {
      Thread lost = builder.unstarted(quietly(LeakTest::takeFromDroppedQueue));
      start(lost);
      Thread asleep = builder.unstarted(quietly(LeakTest::sleep));
      start(asleep);
      start(Thread.ofVirtual().unstarted(quietly(() -> join(lost))));
      start(Thread.ofVirtual().unstarted(quietly(() -> join(asleep))));
    }

    assertEquals(2, count(leaks(), ".join"));
  }

  /** A thread with a queue of its own, for which whoever knows the thread can put something. */
  private static final class Mailbox extends Thread {
    private final BlockingQueue<String> letters = new LinkedBlockingQueue<>();

    Mailbox() {
      setDaemon(true);
    }

    @Override
    public void run() {
      quietly(letters::take).run();
    }
  }

  @Test
  void aThreadWhoseOwnFieldsHoldItsQueueIsAliveAsLongAsItIsKnown() throws Exception {
    var known = new Mailbox();
    start(known);

    assertEquals(0, count(leaks(), "$Mailbox.run"));
    assertTrue(known.isAlive());
  }

  @Test
  void theThreadsOfAPoolThatWasDroppedWithoutShutdownAreLeaked() throws Exception {
    var worker = new ArrayList<Thread>();
    usePool(
        work -> {
          Thread thread = Thread.ofPlatform().daemon().unstarted(() -> workOfDroppedPool(work));
          worker.add(thread);
          return thread;
        });
    threads.addAll(worker);
    await(worker.getFirst());
    ThreadPoolExecutor kept =
        usePool(work -> Thread.ofPlatform().daemon().unstarted(() -> workOfKnownPool(work)));

    Profile profile = leaks();

    assertEquals(1, count(profile, ".workOfDroppedPool"));
    assertEquals(0, count(profile, ".workOfKnownPool"));
    kept.shutdownNow();
  }

  private static void workOfDroppedPool(Runnable work) {
    work.run();
  }

  private static void workOfKnownPool(Runnable work) {
    work.run();
  }

  private static ThreadPoolExecutor usePool(ThreadFactory factory) throws Exception {
    var pool =
        new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory);
    pool.submit(() -> {}).get();
    return pool;
  }

  @Test
  void allGoroutinesAreShownAndTheLeakedOnesMarked() throws Exception {
    both(LeakTest::awaitDroppedLatch);
    both(LeakTest::takeFromStaticQueue);

    var out = new ByteArrayOutputStream();
    kind.writeText(2, ProfileKind.Parameters.NONE, out);
    String text = out.toString(StandardCharsets.UTF_8);

    long leaked = threads.getFirst().threadId();
    assertTrue(text.contains("goroutine " + leaked + " [sync.WaitGroup.Wait (leaked)]:\n"), text);
    long alive = threads.getLast().threadId();
    assertTrue(text.contains("goroutine " + alive + " [chan receive]:\n"), text);
  }

  @Test
  void aHeapBeyondTheLimitIsRefusedInWords() {
    var small = new LeakKind(GoroutineProfiler.Options.defaults(), 1024);

    var refused = assertThrows(IOException.class, () -> small.collect(ProfileKind.Parameters.NONE));

    assertTrue(refused.getMessage().contains("is limited to 0 MB"), refused.getMessage());
  }

  @Test
  void nothingIsLeftInTheDirectoryForTemporaryFilesAndNoThreadRuns() throws Exception {
    leaks();

    String own = "goroutineleak-" + ProcessHandle.current().pid() + "-";
    try (Stream<Path> left = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      assertTrue(left.noneMatch(file -> file.getFileName().toString().startsWith(own)));
    }
    assertFalse(
        Thread.getAllStackTraces().keySet().stream()
            .anyMatch(
                thread -> thread.isAlive() && thread.getName().equals("pprof-goroutineleak")));
  }
}
