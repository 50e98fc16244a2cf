package dev.controlplane.pprof.contention;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.DoubleConsumer;

/**
 * Estimates how many waits there are, from how many end within a moment. Some of the waits that a
 * look finds are looked at again a little later: if a tenth of them has ended after one
 * millisecond, a hundred in a second end for each thread that waits. Waits that are shorter than
 * this moment are counted as too few. Not thread-safe.
 */
final class WaitProbes {
  /** How long to wait before looking again. */
  static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final int SIZE = 16;

  private record Probe(
      Thread thread, int mark, double weight, long nanoTime, DoubleConsumer ended) {}

  private final Probe[] chosen = new Probe[SIZE];
  private int offered;

  /** Offers a wait; each one is equally likely to be chosen. */
  void offer(Thread thread, int mark, double weight, DoubleConsumer ended) {
    int place = offered < SIZE ? offered : ThreadLocalRandom.current().nextInt(offered + 1);
    offered++;
    if (place < SIZE) {
      chosen[place] = new Probe(thread, mark, weight, System.nanoTime(), ended);
    }
  }

  boolean isEmpty() {
    return offered == 0;
  }

  /**
   * Looks at the chosen waits again and forgets them.
   *
   * @param elapsed the nanoseconds that this look stands for
   */
  void settle(double elapsed) {
    int size = Math.min(offered, SIZE);
    double each = (double) offered / SIZE;
    for (int i = 0; i < size; i++) {
      Probe probe = chosen[i];
      chosen[i] = null;
      Thread.State state = probe.thread.getState();
      Object blocker = state == Thread.State.BLOCKED ? null : LockSupport.getBlocker(probe.thread);
      if (WaitSampler.mark(state, blocker) != probe.mark) {
        double rate = probe.weight * Math.max(1, each) / (System.nanoTime() - probe.nanoTime);
        probe.ended.accept(rate * elapsed);
      }
    }
    offered = 0;
  }
}
