package dev.controlplane.transport.grpc;

import java.time.Duration;
import java.util.concurrent.Future;

/** Waits for the deadline of one call. Thread-safe. */
final class CallTimer {
  private volatile Future<?> pending;

  /** Runs a task on a new virtual thread after the timeout, unless {@link #stop} comes first. */
  void start(Duration timeout, Runnable task) {
    pending = Deadline.after(timeout, task);
  }

  /** Forgets the task, if there is one. */
  void stop() {
    Future<?> current = pending;
    if (current != null) {
      current.cancel(false);
      pending = null;
    }
  }
}
