package dev.controlplane.transport.grpc;

import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * Decides whether the messages of one call are compressed (gRPC, "Compression"). They are if the
 * client accepts gzip and the listener's settings or the call's handler choose it. A message that
 * gzip does not make smaller is sent plain.
 */
final class ResponseCompression {
  private final boolean accepted;
  private boolean chosen;
  private volatile boolean ofMessages = true;

  /**
   * @param accepted whether the client accepts gzip
   * @param chosen whether the listener's settings choose gzip
   */
  ResponseCompression(boolean accepted, boolean chosen) {
    this.accepted = accepted;
    this.chosen = chosen;
  }

  /**
   * The handler's choice, which replaces that of the settings. Must be called before the headers
   * are sent.
   */
  void choose(String compressor) {
    chosen =
        switch (compressor) {
          case "gzip" -> true;
          case "identity" -> false;
          default ->
              throw new IllegalArgumentException(
                  "compressor is " + compressor + "; expected: gzip or identity");
        };
  }

  /**
   * Turns compression of the following messages on or off; has no effect if the call is not
   * compressed.
   */
  void ofMessages(boolean enabled) {
    ofMessages = enabled;
  }

  /** Whether the response's {@code grpc-encoding} is gzip. */
  boolean isGzip() {
    return accepted && chosen;
  }

  /**
   * The compressed form of a message.
   *
   * @param bytes the plain form
   * @return null if the plain form is to be sent
   */
  <T> byte[] compressed(MethodDescriptor<?, T> method, T message, byte[] bytes) {
    if (!isGzip() || !ofMessages) {
      return null;
    }
    try (InputStream stream = method.streamResponse(message)) {
      return stream instanceof Gzip.Known known ? known.gzip() : Gzip.smaller(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
