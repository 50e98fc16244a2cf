package dev.controlplane.transport.http2;

import dev.controlplane.transport.frames.Frames;
import io.helidon.webserver.CloseConnectionException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/**
 * The output stream of an HTTP answer's body over HTTP/2, which bypasses Helidon.
 *
 * <p>Why: Helidon 4.5.0 ({@code Http2ConnectionWriter.splitAndWrite}) copies each part three times,
 * exceeds the connection's window, and keeps the sender waiting for a client that reset the stream
 * or is lost.
 *
 * <p>How: Helidon gets only the first part, and only if it is small, so that it can set the length
 * of a short answer. Everything else goes to {@link ConnectionOutput}, which does all waiting. If
 * the first part is large, for HEAD, and for 304, Helidon sends the head without adding a length of
 * its own.
 */
public final class ResponseBody extends OutputStream {
  private final OutputStream helidons;
  private final ConnectionOutput output;
  private final OpenStream stream;
  private boolean begun;

  /** Head and first part are out. */
  private boolean direct;

  public ResponseBody(OutputStream helidons, ConnectionOutput output, OpenStream stream) {
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
