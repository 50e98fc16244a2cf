package dev.controlplane.pprof.helidon;

import dev.controlplane.pprof.http.Exchange;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.util.Optional;

/** A request to a Helidon server. */
record HelidonExchange(RoutingRequest request, RoutingResponse response) implements Exchange {
  @Override
  public String method() {
    return request.prologue().method().text();
  }

  @Override
  public String rawPath() {
    return request.prologue().uriPath().rawPath();
  }

  @Override
  public String rawQuery() {
    return request.prologue().query().rawValue();
  }

  @Override
  public Optional<String> header(String name) {
    return request.headers().first(HeaderNames.create(name));
  }

  @Override
  public String host() {
    return request.authority();
  }

  @Override
  public InetSocketAddress peer() {
    return (InetSocketAddress) request.remotePeer().address();
  }

  @Override
  public int localPort() {
    return request.localPeer().port();
  }

  @Override
  public InputStream body() {
    return request.content().inputStream();
  }

  @Override
  public void setHeader(String name, String value) {
    response.header(name, value);
  }

  @Override
  public OutputStream respond(int status, long length) {
    response.status(Status.create(status));
    if (isLastOfConnection()) {
      response.header(HeaderValues.CONNECTION_CLOSE);
    }
    if (method().equals("HEAD")) {
      response.contentLength(length);
      response.send();
      return OutputStream.nullOutputStream();
    }
    return length < 0 ? new Streamed(response) : new Whole(response);
  }

  /**
   * Closes the connection after the answer if that was announced. Helidon announces it but leaves
   * the connection open.
   */
  void end() {
    if (isLastOfConnection()) {
      throw new CloseConnectionException("the answer was the last on this connection");
    }
  }

  private boolean isLastOfConnection() {
    return request.prologue().protocolVersion().startsWith("1")
        && (request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)
            || !request.content().consumed());
  }

  /** A body that is sent when it is complete. */
  private static final class Whole extends ByteArrayOutputStream {
    private final RoutingResponse response;

    private Whole(RoutingResponse response) {
      this.response = response;
    }

    @Override
    public void close() {
      response.send(toByteArray());
    }
  }

  /** A body that is sent while it is written; closing it completes the answer. */
  private static final class Streamed extends FilterOutputStream {
    private final RoutingResponse response;

    private Streamed(RoutingResponse response) {
      super(response.outputStream());
      this.response = response;
    }

    @Override
    public void write(byte[] b, int offset, int length) throws IOException {
      try {
        out.write(b, offset, length);
      } catch (RuntimeException e) {
        throw gone(e);
      }
    }

    @Override
    public void close() throws IOException {
      try {
        out.close();
        // Without this, which Helidon does only for routes, a short body is held back.
        response.commit();
      } catch (RuntimeException e) {
        throw gone(e);
      }
    }

    /** Helidon tells of a lost client by unchecked exceptions of several types. */
    private static IOException gone(RuntimeException e) {
      return new IOException("the client is gone: " + e.getMessage(), e);
    }
  }
}
