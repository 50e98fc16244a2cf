package dev.controlplane.transport.grpc;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;

/** Messages compressed with gzip. */
public final class Gzip {
  private Gzip() {}

  /**
   * The stream of a message, as its marshaller gives it, that has the compressed form at hand: it
   * was made for another call, or will be used by others.
   */
  public interface Known {
    /** The compressed message; null if it is not smaller than the plain one. */
    byte[] gzip();
  }

  /** Compresses a message; null if that does not make it smaller. */
  public static byte[] smaller(byte[] message) {
    if (message.length == 0) {
      return null;
    }
    ByteArrayOutputStream compressed = new ByteArrayOutputStream(message.length / 2);
    try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
      gzip.write(message);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return compressed.size() < message.length ? compressed.toByteArray() : null;
  }
}
