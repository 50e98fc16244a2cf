package dev.controlplane.transport.grpc;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;

/** Compression of gRPC messages with gzip. */
public final class Gzip {
  private Gzip() {}

  /**
   * A message's stream, as its marshaller returns it, whose compressed form is already known or
   * shared between calls.
   */
  public interface Known {
    /** The compressed message; null if it is not smaller than the plain one. */
    byte[] gzip();
  }

  /** Compresses a message; returns null if the result is not smaller. */
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
