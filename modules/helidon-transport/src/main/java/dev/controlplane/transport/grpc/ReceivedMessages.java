package dev.controlplane.transport.grpc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * A call's messages on their way to its service: as many as it asked for, in order, on one thread
 * at a time.
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

  /** Null until the service is there. */
  @GuardedBy("this")
  private Consumer<T> service;

  /** The service is there. */
  void listen(Consumer<T> listener) {
    synchronized (this) {
      service = listener;
    }
    deliver();
  }

  /** The service takes so many messages more. */
  void request(int count) {
    synchronized (this) {
      requested += count;
    }
    deliver();
  }

  /** A message came. */
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
