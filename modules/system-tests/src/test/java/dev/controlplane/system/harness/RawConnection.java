package dev.controlplane.system.harness;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** A connection whose bytes the test sends, or holds back, itself. */
public final class RawConnection implements AutoCloseable {
  private static final int READ_LIMIT_MILLIS = 60_000;

  private final Socket socket = new Socket();

  /**
   * Connects to the server of a URL.
   *
   * @param receiveBuffer bytes that the kernel keeps for a reader that does not read
   */
  public RawConnection(String url, int receiveBuffer) {
    try {
      socket.setReceiveBufferSize(receiveBuffer);
      socket.setSoTimeout(READ_LIMIT_MILLIS);
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), URI.create(url).getPort()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public RawConnection(String url) {
    this(url, 64 << 10);
  }

  /** Sends the head of a PUT and none of its body. */
  public RawConnection put(URI uri, long contentLength) throws IOException {
    send(
        "PUT %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n"
            .formatted(uri.getRawPath(), uri.getAuthority(), contentLength));
    return this;
  }

  /** Sends a GET. */
  public RawConnection get(String url) throws IOException {
    URI uri = URI.create(url);
    send("GET %s HTTP/1.1\r\nHost: %s\r\n\r\n".formatted(uri.getRawPath(), uri.getAuthority()));
    return this;
  }

  public void send(String text) throws IOException {
    send(text.getBytes(StandardCharsets.UTF_8));
  }

  public void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
  }

  /** Reads the status line and the headers; empty if the server closed the connection. */
  public String head() throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int window = 0;
    while (window != 0x0d0a0d0a) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        return head.toString(StandardCharsets.ISO_8859_1);
      }
      head.write(next);
      window = window << 8 | next;
    }
    return head.toString(StandardCharsets.ISO_8859_1);
  }

  /** What follows the head. */
  public InputStream body() throws IOException {
    return socket.getInputStream();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
