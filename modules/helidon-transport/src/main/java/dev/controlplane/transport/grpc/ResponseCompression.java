package dev.controlplane.transport.grpc;

import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * Whether the messages of one call go out compressed: if its client can read gzip, and the
 * listener's settings or the call's handler ask for it (gRPC, "Compression"). One that gzip does
 * not make smaller goes out as it is.
 */
final class ResponseCompression {
  private final boolean accepted;
  private boolean chosen;
  private volatile boolean ofMessages = true;

  /**
   * @param accepted whether the client can read gzip
   * @param chosen whether the listener's settings ask for it
   */
  ResponseCompression(boolean accepted, boolean chosen) {
    this.accepted = accepted;
    this.chosen = chosen;
  }

  /** What the handler asks for instead of the settings, before the headers. */
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

  /** Whether the messages from now on are compressed, if the call's are. */
  void ofMessages(boolean enabled) {
    ofMessages = enabled;
  }

  /** Whether {@code grpc-encoding} says gzip. */
  boolean isGzip() {
    return accepted && chosen;
  }

  /**
   * The compressed form of a message.
   *
   * @param bytes the plain form
   * @return null if the plain one is to be sent
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
