package dev.controlplane.transport.grpc;

import dev.controlplane.transport.http2.StreamGoneException;
import io.helidon.http.http2.FlowControl;
import io.helidon.http.http2.Http2Flag;
import io.helidon.http.http2.Http2Headers;
import io.helidon.http.http2.Http2StreamWriter;
import java.io.UncheckedIOException;

/**
 * Writes the headers of one stream through Helidon, which compresses them.
 *
 * <p>Implementation note: Helidon's write lock throws if the thread is interrupted, and then writes
 * nothing. This class therefore clears the interrupt, tries again, and restores the interrupt
 * afterwards.
 */
record HeaderWriter(Http2StreamWriter helidon, int streamId) {
  void headers(Http2Headers headers) {
    write(headers, Http2Flag.END_OF_HEADERS);
  }

  /** Writes headers that end the stream. */
  void last(Http2Headers headers) {
    write(headers, Http2Flag.END_OF_HEADERS | Http2Flag.END_OF_STREAM);
  }

  /**
   * @throws StreamGoneException if the connection has ended
   */
  private void write(Http2Headers headers, int flags) {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          helidon.writeHeaders(
              headers, streamId, Http2Flag.HeaderFlags.create(flags), FlowControl.Outbound.NOOP);
          return;
        } catch (IllegalStateException e) {
          if (!(e.getCause() instanceof InterruptedException)) {
            throw e;
          }
          interrupted = true;
        }
      }
    } catch (UncheckedIOException e) {
      throw new StreamGoneException(e.getMessage());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
