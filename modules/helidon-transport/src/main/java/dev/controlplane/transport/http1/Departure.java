package dev.controlplane.transport.http1;

import dev.controlplane.transport.socket.Leaving;
import io.helidon.common.socket.SocketWriterException;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Counts the client of one connection if it leaves in the middle of a head or of an answer. Helidon
 * ends such a connection without an exception, so it is seen where bytes are read and written.
 */
final class Departure {
  private final AtomicBoolean counted = new AtomicBoolean();

  /**
   * Runs a read of a part of a head.
   *
   * @param begun whether the client has sent anything
   * @return the bytes; null at the end of the connection
   */
  byte[] reading(Supplier<byte[]> read, BooleanSupplier begun) {
    try {
      byte[] bytes = read.get();
      if (bytes == null && begun.getAsBoolean()) {
        count();
      }
      return bytes;
    } catch (UncheckedIOException e) {
      if (begun.getAsBoolean()) {
        count();
      }
      throw e;
    }
  }

  /** Runs a write of a part of an answer. */
  void writing(Runnable write) {
    try {
      write.run();
    } catch (UncheckedIOException | SocketWriterException e) {
      count();
      throw e;
    }
  }

  RuntimeException asHelidonTakesIt(RuntimeException e) {
    return counted.get() ? Leaving.uncounted(e) : Leaving.asHelidonTakesIt(e);
  }

  private void count() {
    if (counted.compareAndSet(false, true)) {
      Leaving.noted();
    }
  }
}
