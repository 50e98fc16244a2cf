package dev.controlplane.client.http;

import dev.controlplane.client.Progress;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.Server;
import dev.controlplane.client.UnreachableException;
import dev.controlplane.client.files.Sha256;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One upload on a connection of its own, hashed while it is sent.
 *
 * <p>One thread sends the body while another waits for the answer. So an answer before the end of
 * the body, such as 413 or 408, is read at once, even while the body's source pauses. The JDK's
 * HTTP client looks for an answer only after the body, and loses it if the server has closed the
 * connection.
 */
final class UploadCall {
  /** Larger bodies are sent only after the server has agreed with 100 Continue. */
  private static final long ASK_FIRST = 64 * 1024;

  /** A server that does not support 100 Continue gets the body after this time. */
  private static final Duration CONSENT = Duration.ofSeconds(1);

  /** How long to wait for an answer that explains why the connection broke. */
  private static final Duration EXPLANATION = Duration.ofSeconds(5);

  private static final Duration LOOK = Duration.ofSeconds(1);

  private static final int PIECE = 64 * 1024;

  private static final byte[] LINE_END = {'\r', '\n'};

  private final Http http;
  private final URI uri;
  private final InputStream source;
  private final long length;
  private final Progress progress;

  private final MessageDigest digest = Sha256.start();
  private final CompletableFuture<HttpAnswer> answer = new CompletableFuture<>();
  private final CompletableFuture<Void> sent = new CompletableFuture<>();
  private final CountDownLatch consent = new CountDownLatch(1);
  private volatile boolean over;

  /**
   * Since when the connection has accepted nothing; 0 while it does, or while the source is read.
   */
  private volatile long blockedSince;

  /** The source could not be read, which is not the fault of the server or the network. */
  private static final class SourceFailed extends Exception {
    private static final long serialVersionUID = 1L;

    SourceFailed(IOException cause) {
      super(cause);
    }
  }

  /**
   * Creates an upload that has not begun.
   *
   * @param source the body. After an early answer, a read of it may still be in progress.
   * @param length of the body; -1 if unknown
   */
  UploadCall(Http http, URI uri, InputStream source, long length, Progress progress) {
    this.http = http;
    this.uri = uri;
    this.source = source;
    this.length = length;
    this.progress = progress;
  }

  /**
   * Sends the body and returns the answer.
   *
   * @throws RefusedException if the server rejects the upload
   * @throws IOException if the source can't be read
   */
  Answer run() throws IOException, InterruptedException {
    Thread reading = null;
    Thread writing = null;
    try (Socket socket = open()) {
      reading = Thread.ofVirtual().name("upload-answer").start(() -> readAnswer(socket));
      writing = Thread.ofVirtual().name("upload-body").start(() -> writeRequest(socket));
      HttpAnswer received = await();
      byte[] body = received.body().getBytes(StandardCharsets.UTF_8);
      return new Answer(Server.UPLOAD, http.json(Server.UPLOAD, uri, received.status(), body));
    } finally {
      over = true;
      if (reading != null) {
        reading.interrupt();
      }
      if (writing != null) {
        writing.interrupt();
      }
    }
  }

  /**
   * The SHA-256 of the bytes sent, as 64 lower-case hex digits. May be called once, after the
   * answer.
   */
  String checksum() {
    return HexFormat.of().formatHex(digest.digest());
  }

  private Socket open() throws UnreachableException {
    try {
      return http.connections().open(uri);
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  private HttpAnswer await() throws IOException, InterruptedException {
    while (!answer.isDone() && !sent.isDone()) {
      try {
        CompletableFuture.anyOf(answer, sent).get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        long since = blockedSince;
        if (since != 0 && System.nanoTime() - since > Http.PATIENCE.toNanos()) {
          throw unreachable("nothing was taken for " + Http.PATIENCE.toSeconds() + " s", e);
        }
      } catch (ExecutionException e) {
        break;
      }
    }
    if (!isEarlyRefusal()) {
      awaitBody();
    }
    return get(Http.PATIENCE, null);
  }

  private boolean isEarlyRefusal() {
    return answer.isDone()
        && !answer.isCompletedExceptionally()
        && answer.resultNow().status() / 100 != 2;
  }

  /** Waits until the whole body was sent, or an answer explains why not. */
  private void awaitBody() throws IOException, InterruptedException {
    try {
      if (answer.isCompletedExceptionally()) {
        get(Duration.ZERO, null);
      }
      sent.get(Http.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw unreachable("it answered before it had the whole body", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SourceFailed failed && failed.getCause() instanceof IOException) {
        throw (IOException) failed.getCause();
      }
      get(EXPLANATION, e.getCause());
    }
  }

  /**
   * Waits for the answer.
   *
   * @param why the failure to report if there is no answer; null to report only that
   */
  private HttpAnswer get(Duration patience, Throwable why)
      throws UnreachableException, InterruptedException {
    try {
      return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw why == null
          ? unreachable("no answer for " + patience.toSeconds() + " s", e)
          : unreachable(why);
    } catch (ExecutionException e) {
      throw unreachable(why == null ? e.getCause() : why);
    }
  }

  private UnreachableException unreachable(Throwable cause) {
    return unreachable(UnreachableException.problem(cause), cause);
  }

  private UnreachableException unreachable(String problem, Throwable cause) {
    return http.unreachable(Server.UPLOAD, uri, problem, cause);
  }

  private void readAnswer(Socket socket) {
    try {
      answer.complete(
          HttpAnswer.read(new BufferedInputStream(socket.getInputStream()), consent::countDown));
    } catch (IOException | RuntimeException e) {
      answer.completeExceptionally(e);
    } finally {
      consent.countDown();
    }
  }

  private void writeRequest(Socket socket) {
    try {
      OutputStream out = new BufferedOutputStream(socket.getOutputStream(), 2 * PIECE);
      boolean ask = length < 0 || length > ASK_FIRST;
      out.write(head(ask).getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
      if (ask && consent.await(CONSENT.toMillis(), TimeUnit.MILLISECONDS) && answer.isDone()) {
        return; // rejected: the body is not needed
      }
      writeBody(out);
      sent.complete(null);
    } catch (IOException | SourceFailed | RuntimeException e) {
      sent.completeExceptionally(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String head(boolean ask) {
    boolean proxied = http.proxies().address(uri) != null && !uri.getScheme().equals("https");
    String authorization = proxied ? http.proxies().authorization(uri) : "";
    return "PUT %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: cpctl\r\nAccept: application/json\r\n"
            .formatted(proxied ? uri : uri.getRawPath(), uri.getRawAuthority())
        + (length < 0 ? "Transfer-Encoding: chunked\r\n" : "Content-Length: " + length + "\r\n")
        + (ask ? "Expect: 100-continue\r\n" : "")
        + (authorization.isEmpty() ? "" : "Proxy-Authorization: " + authorization + "\r\n")
        + "Connection: close\r\n\r\n";
  }

  private void writeBody(OutputStream out) throws IOException, SourceFailed {
    byte[] buffer = new byte[PIECE];
    long done = 0;
    while (length < 0 || done < length) {
      int read = read(buffer, done);
      if (read < 0) {
        break;
      }
      digest.update(buffer, 0, read);
      blockedSince = System.nanoTime();
      if (length < 0) {
        out.write((Integer.toHexString(read) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
      }
      out.write(buffer, 0, read);
      if (length < 0) {
        out.write(LINE_END);
      }
      out.flush();
      blockedSince = 0;
      done += read;
      if (!over) {
        progress.at(done, length);
      }
    }
    if (length < 0) {
      out.write("0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
    }
  }

  private int read(byte[] buffer, long done) throws SourceFailed {
    try {
      long room = length < 0 ? buffer.length : Math.min(buffer.length, length - done);
      int read = source.read(buffer, 0, (int) room);
      if (read < 0 && length >= 0) {
        throw new IOException(
            "the file became shorter while it was sent: %d bytes of %d".formatted(done, length));
      }
      return read;
    } catch (IOException e) {
      throw new SourceFailed(e);
    }
  }
}
