package dev.controlplane.transport.grpc;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * Records that the client of a call is gone, and notifies one registered listener of it at most
 * once. Thread-safe.
 */
final class ClientDeparture {
  private static final System.Logger LOGGER = System.getLogger(ClientDeparture.class.getName());

  private volatile boolean noted;

  @GuardedBy("this")
  private Runnable listener;

  /** Whether the client is gone. */
  boolean isNoted() {
    return noted;
  }

  /**
   * Registers the listener that {@link #tell} will run.
   *
   * @return false, with nothing registered, if the client is gone already
   */
  synchronized boolean listen(Runnable told) {
    if (noted) {
      return false;
    }
    listener = told;
    return true;
  }

  /** Removes the listener. */
  synchronized void forget() {
    listener = null;
  }

  /** Records that the client is gone, without notifying anybody. */
  synchronized void noted() {
    noted = true;
  }

  /** Runs the registered listener, if there is one, and removes it. */
  void tell() {
    Runnable told;
    synchronized (this) {
      told = listener;
      listener = null;
    }
    if (told != null) {
      try {
        told.run();
      } catch (RuntimeException | Error e) {
        LOGGER.log(System.Logger.Level.WARNING, "A listener of a client that left failed", e);
      }
    }
  }
}
