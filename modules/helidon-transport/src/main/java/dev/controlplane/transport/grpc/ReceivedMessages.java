package dev.controlplane.transport.grpc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * Queues the messages of one call until the service requests them. Delivers them in order, one at a
 * time. Thread-safe; delivery runs on the thread of whichever call made it possible.
 *
 * @param <T> the message
 */
final class ReceivedMessages<T> {
  @GuardedBy("this")
  private final Queue<T> received = new ArrayDeque<>();

  @GuardedBy("this")
  private long requested;

  @GuardedBy("this")
  private boolean delivering;

  /** Null until {@link #listen}. */
  @GuardedBy("this")
  private Consumer<T> service;

  /** Sets the receiver of messages and starts delivery. */
  void listen(Consumer<T> listener) {
    synchronized (this) {
      service = listener;
    }
    deliver();
  }

  /** The service requests this many more messages. */
  void request(int count) {
    synchronized (this) {
      requested += count;
    }
    deliver();
  }

  /** Queues a message and delivers it if it was requested. */
  void add(T message) {
    synchronized (this) {
      received.add(message);
    }
    deliver();
  }

  private void deliver() {
    while (true) {
      T message;
      Consumer<T> listener;
      synchronized (this) {
        if (delivering || requested == 0 || service == null || received.isEmpty()) {
          return;
        }
        message = received.remove();
        listener = service;
        requested--;
        delivering = true;
      }
      try {
        listener.accept(message);
      } finally {
        synchronized (this) {
          delivering = false;
        }
      }
    }
  }
}
