package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.FileSystems;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.Phaser;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.concurrent.locks.StampedLock;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each row puts a real thread, of either kind, into the state. */
@SuppressWarnings("WaitNotInLoop") // None of them is meant to return.
final class WaitReasonsTest {
  @FunctionalInterface
  interface Work {
    void run() throws Exception;
  }

  private static final long HOUR = 3600;
  private static final List<Object> KEPT = new ArrayList<>();

  private final GoroutineProfiler profiler = GoroutineProfiler.create();

  private static Stream<Arguments> states() throws Exception {
    var rows = new ArrayList<Arguments>();
    queues(rows);
    locks(rows);
    others(rows);
    files(rows);
    return rows.stream();
  }

  private static void row(List<Arguments> rows, String what, String state, Work work) {
    rows.add(Arguments.of(what, state, false, work));
    rows.add(Arguments.of(what, state, true, work));
  }

  private static void queues(List<Arguments> rows) throws Exception {
    String receive = "chan receive";
    String send = "chan send";
    List<BlockingQueue<Integer>> empty =
        List.of(
            new ArrayBlockingQueue<>(1),
            new LinkedBlockingQueue<>(),
            new LinkedBlockingDeque<>(),
            new PriorityBlockingQueue<>(),
            new SynchronousQueue<>(),
            new SynchronousQueue<>(true),
            new LinkedTransferQueue<>());
    for (BlockingQueue<Integer> queue : empty) {
      String name = queue.getClass().getSimpleName();
      row(rows, name + ".take", receive, queue::take);
      row(rows, name + ".poll(time)", receive, () -> queue.poll(HOUR, TimeUnit.SECONDS));
    }
    var delayed = new DelayQueue<Delayed>();
    row(rows, "DelayQueue.take", receive, delayed::take);
    var deque = new LinkedBlockingDeque<Integer>(1);
    row(rows, "LinkedBlockingDeque.takeLast", receive, deque::takeLast);
    List<BlockingQueue<Integer>> full =
        List.of(
            new ArrayBlockingQueue<>(1),
            new LinkedBlockingQueue<>(1),
            new LinkedBlockingDeque<>(1));
    for (BlockingQueue<Integer> queue : full) {
      queue.add(1);
      String name = queue.getClass().getSimpleName();
      row(rows, name + ".put", send, () -> queue.put(2));
      row(rows, name + ".offer(time)", send, () -> queue.offer(2, HOUR, TimeUnit.SECONDS));
    }
    for (boolean fair : new boolean[] {false, true}) {
      row(rows, "SynchronousQueue.put", send, () -> new SynchronousQueue<Integer>(fair).put(1));
    }
    row(rows, "LinkedTransferQueue.transfer", send, () -> new LinkedTransferQueue<>().transfer(1));
    row(rows, "FutureTask.get", receive, () -> new FutureTask<>(() -> 1).get());
    row(rows, "CompletableFuture.join", receive, () -> new CompletableFuture<>().join());
    row(
        rows,
        "CompletableFuture.get(time)",
        receive,
        () -> new CompletableFuture<>().get(HOUR, TimeUnit.SECONDS));
    row(
        rows,
        "ExecutorCompletionService.take",
        "select",
        () -> KEPT.add(new ExecutorCompletionService<>(Runnable::run).take()));
    row(
        rows,
        "ExecutorService.invokeAny",
        "select",
        () -> {
          try (var executor = Goroutines.executor()) {
            executor.invokeAny(
                List.of(
                    () -> {
                      LockSupport.park();
                      return 1;
                    }));
          }
        });
  }

  private static void locks(List<Arguments> rows) throws Exception {
    var lock = new ReentrantLock();
    hold(lock::lock);
    row(rows, "ReentrantLock.lock", "sync.Mutex.Lock", lock::lock);
    row(rows, "ReentrantLock.lockInterruptibly", "sync.Mutex.Lock", lock::lockInterruptibly);
    row(
        rows,
        "ReentrantLock.tryLock(time)",
        "sync.Mutex.Lock",
        () -> lock.tryLock(HOUR, TimeUnit.SECONDS));
    Object monitor = new Object();
    hold(
        () -> {
          synchronized (monitor) {
            LockSupport.park();
          }
        });
    row(
        rows,
        "synchronized",
        "sync.Mutex.Lock",
        () -> {
          synchronized (monitor) {
            KEPT.add(monitor);
          }
        });
    var written = new ReentrantReadWriteLock();
    hold(written.writeLock()::lock);
    row(rows, "ReadLock.lock", "sync.RWMutex.RLock", written.readLock()::lock);
    row(rows, "WriteLock.lock", "sync.RWMutex.Lock", written.writeLock()::lock);
    var stamped = new StampedLock();
    hold(stamped::writeLock);
    row(rows, "StampedLock.readLock", "sync.RWMutex.RLock", stamped::readLock);
    row(rows, "StampedLock.writeLock", "sync.RWMutex.Lock", stamped::writeLock);
    row(rows, "Semaphore.acquire", "semacquire", () -> new Semaphore(0).acquire());
    row(
        rows,
        "Semaphore.tryAcquire(time)",
        "semacquire",
        () -> new Semaphore(0).tryAcquire(HOUR, TimeUnit.SECONDS));

    row(
        rows,
        "Object.wait",
        "sync.Cond.Wait",
        () -> {
          var object = new Object();
          synchronized (object) {
            while (KEPT != null) {
              object.wait();
            }
          }
        });
    row(
        rows,
        "Condition.await",
        "sync.Cond.Wait",
        () -> {
          var own = new ReentrantLock();
          Condition condition = own.newCondition();
          own.lock();
          condition.await();
        });
    row(
        rows,
        "Condition.await(time)",
        "sync.Cond.Wait",
        () -> {
          var own = new ReentrantLock();
          Condition condition = own.newCondition();
          own.lock();
          if (condition.await(HOUR, TimeUnit.SECONDS)) {
            KEPT.add(condition);
          }
        });
  }

  private static void others(List<Arguments> rows) throws Exception {
    String group = "sync.WaitGroup.Wait";
    row(rows, "Thread.sleep", "sleep", () -> TimeUnit.HOURS.sleep(1));
    row(rows, "CountDownLatch.await", group, () -> new CountDownLatch(1).await());
    row(
        rows,
        "CountDownLatch.await(time)",
        group,
        () -> {
          if (new CountDownLatch(1).await(HOUR, TimeUnit.SECONDS)) {
            KEPT.add(group);
          }
        });
    Thread parkedVirtual = hold(LockSupport::park);
    Thread parkedPlatform = Thread.ofPlatform().daemon().start(LockSupport::park);
    row(rows, "join of a virtual thread", group, parkedVirtual::join);
    row(rows, "join of a platform thread", group, parkedPlatform::join);
    row(rows, "join(time)", group, () -> parkedPlatform.join(TimeUnit.SECONDS.toMillis(HOUR)));
    row(
        rows,
        "awaitTermination",
        group,
        () -> {
          var pool = new ThreadPoolExecutor(1, 1, 1, TimeUnit.DAYS, new LinkedBlockingQueue<>());
          if (pool.awaitTermination(1, TimeUnit.DAYS)) {
            KEPT.add(pool);
          }
        });
    row(
        rows,
        "ExecutorService.close",
        group,
        () -> {
          try (var executor = Goroutines.executor()) {
            executor.execute(LockSupport::park);
          }
        });
    row(rows, "Phaser.awaitAdvance", group, () -> new Phaser(1).awaitAdvance(0));
    row(rows, "LockSupport.park", "waiting", LockSupport::park);
    var spinning = new AtomicBoolean(true);
    rows.add(
        Arguments.of(
            "a loop",
            "running",
            true,
            (Work)
                () -> {
                  while (spinning.get() && !Thread.currentThread().isInterrupted()) {
                    Thread.onSpinWait();
                  }
                }));

    row(
        rows,
        "ServerSocket.accept",
        "IO wait",
        () -> new ServerSocket(0, 1, InetAddress.getLoopbackAddress()).accept());
    var quiet = new ServerSocket(0, 9, InetAddress.getLoopbackAddress());
    row(rows, "Socket.read", "IO wait", () -> connect(quiet).getInputStream().read());
    row(
        rows,
        "Socket.read with a timeout",
        "IO wait",
        () -> {
          var socket = connect(quiet);
          socket.setSoTimeout(3_600_000);
          socket.getInputStream().read();
        });
    row(
        rows,
        "ServerSocketChannel.accept",
        "IO wait",
        () ->
            ServerSocketChannel.open()
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .accept());
    row(rows, "Selector.select", "IO wait", () -> Selector.open().select());
    row(
        rows,
        "DatagramChannel.receive",
        "IO wait",
        () ->
            DatagramChannel.open()
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .receive(java.nio.ByteBuffer.allocate(1)));
  }

  private static void files(List<Arguments> rows) throws Exception {
    row(
        rows,
        "Process.waitFor",
        "syscall",
        () -> {
          Process process = new ProcessBuilder("cat").start();
          try {
            process.waitFor();
          } finally {
            process.destroyForcibly();
          }
        });
    row(
        rows,
        "read of a process' output",
        "syscall",
        () -> {
          Process process = new ProcessBuilder("cat").start();
          try (InputStream output = process.getInputStream()) {
            output.read();
          } finally {
            process.destroyForcibly();
          }
        });
    row(
        rows,
        "WatchService.take",
        "chan receive",
        () -> FileSystems.getDefault().newWatchService().take());
  }

  private static Socket connect(ServerSocket server) throws IOException {
    var socket = new Socket();
    socket.connect(server.getLocalSocketAddress());
    return socket;
  }

  private static Thread hold(Work work) throws InterruptedException {
    var held = new CountDownLatch(1);
    Thread thread =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    held.countDown();
                    work.run();
                    LockSupport.park();
                  } catch (Exception e) {
                    throw new IllegalStateException(e);
                  }
                });
    held.await();
    while (thread.getState() != Thread.State.WAITING) {
      Dumps.pause();
    }
    return thread;
  }

  @ParameterizedTest(name = "{0}: {1} (virtual: {2})")
  @MethodSource("states")
  void aThreadShowsWhatItWaitsFor(String what, String state, boolean virtual, Work work)
      throws Exception {
    Thread.Builder builder = virtual ? Thread.ofVirtual() : Thread.ofPlatform().daemon();
    Thread thread =
        builder
            .name(what)
            .start(
                () -> {
                  try {
                    work.run();
                  } catch (Exception e) {
                    Thread.currentThread().interrupt();
                  }
                });
    try {
      Dumps.Parsed parsed =
          Dumps.await(profiler, thread, goroutine -> goroutine.state().equals(state));
      assertNotNull(parsed, "the thread ended");
      assertEquals(state, parsed.state(), () -> "stack: " + parsed.functions());
    } finally {
      thread.interrupt();
    }
  }
}
