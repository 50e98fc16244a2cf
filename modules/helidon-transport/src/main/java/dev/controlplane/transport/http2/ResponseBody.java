package dev.controlplane.transport.http2;

import dev.controlplane.transport.frames.Frames;
import io.helidon.webserver.CloseConnectionException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/**
 * The body of an answer to an HTTP request over HTTP/2, on its way past Helidon.
 *
 * <p>Helidon 4.5.0 ({@code Http2ConnectionWriter.splitAndWrite}) copies each part three times,
 * over-sends the window of the connection, and lets the sender wait on for a client that reset the
 * stream or is lost. Here Helidon gets the first part if it is small, so that it can say the length
 * of an answer that has no more; all else goes to {@link ConnectionOutput}, which has all waiting
 * done. The head goes out without a length of Helidon's then: so do answers to HEAD, and 304.
 */
final class ResponseBody extends OutputStream {
  private final OutputStream helidons;
  private final ConnectionOutput output;
  private final OpenStream stream;
  private boolean begun;

  /** Head and first part are out. */
  private boolean direct;

  ResponseBody(OutputStream helidons, ConnectionOutput output, OpenStream stream) {
    this.helidons = helidons;
    this.output = output;
    this.stream = stream;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    boolean helidonsPart = !begun && length > 0 && length <= Frames.MAX_PAYLOAD;
    if (!begun) {
      begun = true;
      helidons.write(bytes, offset, helidonsPart ? length : 0);
    }
    if (!helidonsPart) {
      flush();
      if (length > 0) {
        send(Arrays.copyOfRange(bytes, offset, offset + length));
      }
    }
  }

  private void send(byte[] part) {
    try {
      output.sender().part(stream, part);
    } catch (StreamGoneException | StreamStalledException e) {
      throw new CloseConnectionException(e.getStatus().getDescription(), e);
    }
  }

  @Override
  public void flush() throws IOException {
    if (begun && !direct) {
      direct = true;
      helidons.flush();
    }
  }

  @Override
  public void close() throws IOException {
    helidons.close();
  }
}
