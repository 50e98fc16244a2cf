package dev.controlplane.pprof.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** The answer to a request, with the headers that all answers have. */
final class Reply {
  static final String TEXT = "text/plain; charset=utf-8";
  static final String HTML = "text/html; charset=utf-8";
  static final String BINARY = "application/octet-stream";

  private final Exchange exchange;
  private boolean begun;

  Reply(Exchange exchange) {
    this.exchange = exchange;
    exchange.setHeader("X-Content-Type-Options", "nosniff");
  }

  Exchange exchange() {
    return exchange;
  }

  String method() {
    return exchange.method();
  }

  Reply header(String name, String value) {
    exchange.setHeader(name, value);
    return this;
  }

  /** Sends an error like Go's {@code serveError}: {@code go tool pprof} prints its text. */
  void error(int status, String text) throws IOException {
    header("X-Go-Pprof", "1").send(status, TEXT, text + "\n");
  }

  void send(int status, String contentType, String body) throws IOException {
    send(status, contentType, body.getBytes(StandardCharsets.UTF_8));
  }

  void send(int status, String contentType, byte[] body) throws IOException {
    header("Content-Type", contentType);
    try (OutputStream out = respond(status, body.length)) {
      if (!isHead()) {
        out.write(body);
      }
    }
  }

  /** Whether the head of an answer was sent, so that no other answer is possible. */
  boolean hasBegun() {
    return begun;
  }

  /**
   * Opens the body of a profile. The head is sent with the first byte, so until then another answer
   * is possible. A HEAD request gets only the length. Waiting for the client does not occupy the
   * turn's working slot.
   *
   * @param file the name under which a browser saves the profile; empty to show it
   * @return closing it completes the answer
   */
  OutputStream open(Admission.Turn turn, String contentType, String file) {
    return isHead() ? new Length(contentType, file) : turn.client(new Late(contentType, file));
  }

  private void describe(String contentType, String file) {
    header("Content-Type", contentType);
    if (!file.isEmpty()) {
      header("Content-Disposition", "attachment; filename=\"" + file + "\"");
    }
  }

  private boolean isHead() {
    return method().equals("HEAD");
  }

  private OutputStream respond(int status, long length) throws IOException {
    begun = true;
    return exchange.respond(status, length);
  }

  /** The body of an answer whose head is sent with the first byte. */
  private final class Late extends OutputStream {
    private final String contentType;
    private final String file;

    /** Null until the head was sent. */
    private OutputStream out;

    private boolean closed;

    private Late(String contentType, String file) {
      this.contentType = contentType;
      this.file = file;
    }

    private OutputStream out() throws IOException {
      if (out == null) {
        describe(contentType, file);
        out = respond(200, -1);
      }
      return out;
    }

    @Override
    public void write(int b) throws IOException {
      out().write(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (length > 0) {
        out().write(bytes, offset, length);
      }
    }

    @Override
    public void close() throws IOException {
      if (!closed) {
        closed = true;
        out().close();
      }
    }
  }

  /** Counts the bytes of a body that is not sent. */
  private final class Length extends OutputStream {
    private final String contentType;
    private final String file;
    private long bytes;
    private boolean closed;

    private Length(String contentType, String file) {
      this.contentType = contentType;
      this.file = file;
    }

    @Override
    public void write(int b) {
      bytes++;
    }

    @Override
    public void write(byte[] b, int offset, int length) {
      bytes += length;
    }

    @Override
    public void close() throws IOException {
      if (!closed) {
        closed = true;
        describe(contentType, file);
        respond(200, bytes).close();
      }
    }
  }
}
