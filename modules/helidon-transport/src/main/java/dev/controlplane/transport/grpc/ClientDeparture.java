package dev.controlplane.transport.grpc;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/** Whether the client of a call is gone, and who is to be told so. */
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
   * Registers who is told that the client is gone.
   *
   * @return false if it is gone already
   */
  synchronized boolean listen(Runnable told) {
    if (noted) {
      return false;
    }
    listener = told;
    return true;
  }

  /** Nobody is told any more. */
  synchronized void forget() {
    listener = null;
  }

  /** The client is gone. */
  synchronized void noted() {
    noted = true;
  }

  /** Tells who is to be told; once. */
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
