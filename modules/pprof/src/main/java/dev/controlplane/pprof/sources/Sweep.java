package dev.controlplane.pprof.sources;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * Examines many threads in portions, in parallel, and delivers the results of the portions in
 * order. Only a few portions are processed ahead of the one being delivered, so memory is bounded
 * for any number of threads.
 *
 * <p>The work runs on platform threads of low priority. The calling thread may be virtual and must
 * not keep its carrier for so long, and the work must not keep carriers from the cores. If the
 * machine is so busy that these threads make no progress, others of normal priority are added,
 * because profiles are most needed then.
 */
public final class Sweep {
  public static final String HELPER_NAME = "goroutine-profile";

  /** Threads per portion; takes some tenths of a millisecond. */
  private static final int PORTION = 64;

  /** With fewer threads than this, examining them is faster than starting helpers. */
  private static final int WORTH_HELP = 1024;

  /** Beyond two, the JVM's own locks are the bottleneck, and other work needs the cores too. */
  private static final int HELPERS = Math.min(2, Runtime.getRuntime().availableProcessors());

  /** A portion that takes longer than this hardly got a core. */
  private static final long STARVED_MILLIS = 100;

  private static final int AHEAD = 4 * HELPERS;

  /** Processes portions. Each helper has a worker of its own. */
  @FunctionalInterface
  public interface Worker<R> {
    R work(List<Thread> portion);
  }

  /** Receives the result of a portion. */
  @FunctionalInterface
  public interface Taker<R> {
    void take(R result) throws IOException;
  }

  private Sweep() {}

  public static <R> void over(List<Thread> threads, Supplier<Worker<R>> workers, Taker<R> taker)
      throws IOException {
    List<List<Thread>> portions = portions(threads);
    if (threads.size() < WORTH_HELP) {
      Worker<R> worker = workers.get();
      for (List<Thread> portion : portions) {
        taker.take(considerate(worker, portion));
      }
      return;
    }
    ThreadLocal<Worker<R>> own = ThreadLocal.withInitial(workers);
    var hurry = new AtomicBoolean();
    var helpers =
        new ThreadPoolExecutor(
            HELPERS,
            2 * HELPERS,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> helper(work, !hurry.get()));
    try {
      var ahead = new ArrayDeque<Future<R>>();
      int next = 0;
      while (next < portions.size() || !ahead.isEmpty()) {
        while (next < portions.size() && ahead.size() < AHEAD) {
          List<Thread> portion = portions.get(next++);
          ahead.add(helpers.submit(() -> considerate(own.get(), portion)));
        }
        Future<R> first = ahead.remove();
        try {
          taker.take(first.get(STARVED_MILLIS, TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
          hurry.set(true);
          helpers.setCorePoolSize(2 * HELPERS);
          taker.take(first.get());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    } catch (ExecutionException e) {
      throw new IOException("a thread could not be looked at", e.getCause());
    } finally {
      helpers.shutdownNow();
    }
  }

  /** Processes a portion and yields, because a profile is not worth a slow request. */
  @SuppressWarnings("ThreadPriorityCheck") // correctness does not depend on yield
  private static <R> R considerate(Worker<R> worker, List<Thread> portion) {
    R result = worker.work(portion);
    Thread.yield();
    return result;
  }

  private static List<List<Thread>> portions(List<Thread> threads) {
    var portions = new ArrayList<List<Thread>>();
    for (int from = 0; from < threads.size(); from += PORTION) {
      portions.add(threads.subList(from, Math.min(from + PORTION, threads.size())));
    }
    return portions;
  }

  private static Thread helper(Runnable work, boolean considerate) {
    Thread helper =
        Thread.ofPlatform()
            .name(HELPER_NAME)
            .daemon()
            .unstarted(
                () -> {
                  if (considerate) {
                    Libc.stepBack();
                  }
                  try {
                    work.run();
                  } finally {
                    LiveSource.HELPERS.remove(Thread.currentThread());
                  }
                });
    LiveSource.HELPERS.add(helper);
    return helper;
  }
}
