package dev.controlplane.pprof.observe;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** A request for a profile and its answer, with the headers that all answers have. */
final class Exchange {
  static final String TEXT = "text/plain; charset=utf-8";
  static final String HTML = "text/html; charset=utf-8";
  static final String BINARY = "application/octet-stream";

  private static final Header NOSNIFF =
      HeaderValues.createCached("X-Content-Type-Options", "nosniff");

  private final RoutingRequest request;
  private final RoutingResponse response;

  /** Writes the body of an answer. */
  @FunctionalInterface
  interface Body {
    void writeTo(OutputStream out) throws IOException;
  }

  Exchange(RoutingRequest request, RoutingResponse response) {
    this.request = request;
    this.response = response;
    response.header(NOSNIFF);
    if (isLastOfConnection()) {
      response.header(HeaderValues.CONNECTION_CLOSE);
    }
  }

  RoutingRequest request() {
    return request;
  }

  String method() {
    return request.prologue().method().text();
  }

  String rawQuery() {
    return request.prologue().query().rawValue();
  }

  Exchange header(String name, String value) {
    response.header(name, value);
    return this;
  }

  /** Sends an error like Go's {@code serveError}: {@code go tool pprof} prints its text. */
  void error(int status, String text) {
    header("X-Go-Pprof", "1");
    send(status, TEXT, text + "\n");
  }

  void send(int status, String contentType, String body) {
    send(status, contentType, body.getBytes(StandardCharsets.UTF_8));
  }

  void send(int status, String contentType, byte[] body) {
    response.status(Status.create(status)).header(HeaderNames.CONTENT_TYPE, contentType);
    if (isHead()) {
      response.contentLength(body.length);
      response.send();
    } else {
      response.send(body);
    }
  }

  /**
   * Sends a profile while it is being written. A HEAD request gets only its length. Waiting for the
   * client does not occupy the turn's working slot.
   *
   * @throws IOException if the body can't be written and nothing was sent yet, so that another
   *     answer is possible
   */
  void stream(Admission.Turn turn, String contentType, Body body) throws IOException {
    response.header(HeaderNames.CONTENT_TYPE, contentType);
    if (isHead()) {
      Length length = new Length();
      body.writeTo(length);
      response.contentLength(length.bytes);
      response.send();
      return;
    }
    OutputStream out = turn.client(new Answer(response));
    try {
      body.writeTo(out);
      out.close();
    } catch (IOException e) {
      if (response.reset()) {
        response.header(NOSNIFF);
        throw e;
      }
      // Ends the connection without the last chunk, so that the client notices the incomplete body.
      throw new CloseConnectionException("a profile was cut off: " + e.getMessage(), e);
    }
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

  private boolean isHead() {
    return method().equals("HEAD");
  }

  /** The body of the answer; closing it completes the answer. */
  private static final class Answer extends FilterOutputStream {
    private final RoutingResponse response;

    private Answer(RoutingResponse response) {
      super(response.outputStream());
      this.response = response;
    }

    @Override
    public void write(byte[] b, int offset, int length) throws IOException {
      out.write(b, offset, length);
    }

    @Override
    public void close() throws IOException {
      out.close();
      // Without this, which Helidon does only for routes, a short body is held back.
      response.commit();
    }
  }

  private static final class Length extends OutputStream {
    private long bytes;

    @Override
    public void write(int b) {
      bytes++;
    }

    @Override
    public void write(byte[] b, int offset, int length) {
      bytes += length;
    }
  }
}
