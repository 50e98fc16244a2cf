package dev.controlplane.pprof.observe;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Bounds the work that profiles may cause: of all requests at once few are worked on, some more
 * wait for a while, the others are told to come again.
 *
 * <p>A permit is held until the profile is written, so that this also bounds the profiles in memory
 * when clients read slowly.
 */
final class Admission {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Semaphore working;
  private final Semaphore waiting;

  Admission(int working, int waiting) {
    this.working = new Semaphore(working, true);
    this.waiting = new Semaphore(waiting);
  }

  /** Takes a permit, after some waiting perhaps; false when there are too many already. */
  boolean enter() throws InterruptedException {
    if (working.tryAcquire()) {
      return true;
    }
    if (!waiting.tryAcquire()) {
      return false;
    }
    try {
      return working.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } finally {
      waiting.release();
    }
  }

  /** Gives a permit back. */
  void leave() {
    working.release();
  }
}
