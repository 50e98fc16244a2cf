package dev.controlplane.client.http;

import dev.controlplane.client.ControlPlaneException;
import dev.controlplane.client.DamagedException;
import dev.controlplane.client.Progress;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.RetryPolicy;
import dev.controlplane.client.Server;
import dev.controlplane.client.UnexpectedAnswerException;
import dev.controlplane.client.UnreachableException;
import dev.controlplane.client.answers.Downloaded;
import dev.controlplane.client.files.Sha256;
import dev.controlplane.client.files.Sink;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One download of a version into a sink. The bytes are hashed as they arrive, interrupted transfers
 * are resumed, and the result is valid only if it has the digest in the answer's headers.
 */
final class Download {
  private static final int NOT_SATISFIABLE = 416;

  private static final Pattern SHA_256_ITEM =
      Pattern.compile("(?:^|,)\\s*sha-256=:([A-Za-z0-9+/=]+):");

  private final Http http;
  private final RetryPolicy retry;
  private final URI uri;
  private final String worker;
  private final Sink sink;
  private final Progress progress;

  private MessageDigest digest = Sha256.start();
  private Head head;
  private long done;

  /**
   * How many bytes had arrived before a connection broke. A connection that gets further makes
   * progress.
   */
  private long furthest;

  /** Whether the first bytes came from an earlier transfer. */
  private boolean takenUp;

  /** What the headers say about the bytes. */
  private record Head(String etag, String checksum, String version, long total) {}

  Download(Http http, RetryPolicy retry, URI uri, String worker, Sink sink, Progress progress) {
    this.http = http;
    this.retry = retry;
    this.uri = uri;
    this.worker = worker;
    this.sink = sink;
    this.progress = progress;
  }

  /** A connection ended before the body was complete. */
  private static final class BrokenOff extends Exception {
    private static final long serialVersionUID = 1L;

    BrokenOff(Throwable cause) {
      super(cause);
    }
  }

  /**
   * Downloads until everything has arrived.
   *
   * @throws ControlPlaneException if the version can't be downloaded
   * @throws IOException if the sink can't be written
   */
  Downloaded run() throws IOException, InterruptedException {
    done = sink.kept(digest);
    takenUp = done > 0;
    furthest = done;
    int failures = 0;
    while (true) {
      try {
        attempt();
        if (takenUp && !isWhole()) {
          // The bytes of the earlier transfer were of another version.
          restart();
          continue;
        }
        return verified();
      } catch (BrokenOff e) {
        failures = done > furthest ? 1 : failures + 1;
        furthest = Math.max(furthest, done);
        if (failures > retry.resumes()) {
          throw new UnreachableException(
              Server.CONSUMER,
              uri.toString(),
              "broke off after %d of %s bytes, %d times: %s"
                  .formatted(
                      done,
                      head == null || head.total < 0 ? "an unknown number of" : head.total,
                      failures,
                      UnreachableException.problem(e.getCause())),
              e.getCause());
        }
        Thread.sleep(retry.delay(failures));
      }
    }
  }

  private void attempt() throws IOException, InterruptedException, BrokenOff {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri).GET();
    // Only with a strong entity tag is it certain that the rest belongs to the bytes received.
    if (done > 0 && (head == null || head.etag.startsWith("\""))) {
      request.header("Range", "bytes=" + done + "-");
      if (head != null) {
        request.header("If-Range", head.etag);
      }
    }
    HttpResponse<BodyChunks> response = open(request.build());
    try (BodyChunks body = response.body()) {
      if (response.statusCode() == NOT_SATISFIABLE) {
        restart();
        throw new BrokenOff(new IOException("the server does not have so many bytes"));
      }
      accept(response);
      receive(body);
    }
    if (head.total >= 0 && done < head.total) {
      throw new BrokenOff(new IOException("the server ended the answer early"));
    }
  }

  /**
   * Sends the request. Only a transfer that has begun is retried; if the server is unreachable at
   * first, that is reported.
   */
  private HttpResponse<BodyChunks> open(HttpRequest request)
      throws ControlPlaneException, InterruptedException, BrokenOff {
    try {
      HttpResponse<BodyChunks> response = http.open(Server.CONSUMER, request);
      int status = response.statusCode();
      if (status == 200 || status == 206 || (status == NOT_SATISFIABLE && done > 0)) {
        return response;
      }
      throw Http.refusal(Server.CONSUMER, response);
    } catch (UnreachableException e) {
      if (head == null) {
        throw e;
      }
      throw new BrokenOff(e.getCause());
    } catch (RefusedException e) {
      if (head == null || e.reason() != RefusedException.Reason.UNAVAILABLE) {
        throw e;
      }
      throw new BrokenOff(e);
    }
  }

  private void accept(HttpResponse<BodyChunks> response) throws IOException {
    if (response.statusCode() == 206) {
      String range = header(response, "Content-Range");
      if (done == 0 || !range.startsWith("bytes " + done + "-")) {
        throw new UnexpectedAnswerException(
            Server.CONSUMER,
            "%s was asked for the bytes from %d on and sent \"%s\"".formatted(uri, done, range),
            null);
      }
      if (head == null) {
        head = head(response, total(range));
      }
      return;
    }
    if (done > 0) {
      restart();
    }
    Head now = head(response, response.headers().firstValueAsLong("Content-Length").orElse(-1));
    if (head != null && !now.checksum.equals(head.checksum)) {
      furthest = 0;
    }
    head = now;
  }

  private Head head(HttpResponse<?> response, long total) throws UnexpectedAnswerException {
    return new Head(
        header(response, "ETag"),
        checksum(response),
        UrlPath.decoded(header(response, "X-File-Version")),
        total);
  }

  /** The total length in a {@code Content-Range}; -1 if it is not given. */
  private static long total(String range) {
    String total = range.substring(range.indexOf('/') + 1);
    return total.chars().allMatch(c -> c >= '0' && c <= '9') && !total.isEmpty()
        ? Long.parseLong(total)
        : -1;
  }

  private void restart() throws IOException {
    sink.restart();
    digest = Sha256.start();
    done = 0;
    takenUp = false;
  }

  private boolean isWhole() throws IOException {
    try {
      MessageDigest copy = (MessageDigest) digest.clone();
      return HexFormat.of().formatHex(copy.digest()).equals(head.checksum);
    } catch (CloneNotSupportedException e) {
      throw new IOException(e);
    }
  }

  private void receive(BodyChunks body) throws IOException, InterruptedException, BrokenOff {
    while (true) {
      List<ByteBuffer> piece;
      try {
        piece = body.next(Http.PATIENCE);
      } catch (IOException e) {
        throw new BrokenOff(e);
      }
      if (piece == null) {
        return;
      }
      for (ByteBuffer buffer : piece) {
        digest.update(buffer.duplicate());
        done += buffer.remaining();
        sink.write(buffer);
      }
      progress.at(done, head.total);
    }
  }

  private Downloaded verified() throws DamagedException {
    String actual = HexFormat.of().formatHex(digest.digest());
    if (!actual.equals(head.checksum)) {
      throw new DamagedException(Server.CONSUMER, uri.toString(), head.checksum, actual);
    }
    return new Downloaded(worker, head.version, actual, done);
  }

  /**
   * The digest in {@code X-File-Checksum}, or else in {@code Repr-Digest} (RFC 9530, section 3).
   */
  private String checksum(HttpResponse<?> response) throws UnexpectedAnswerException {
    String hex = header(response, "X-File-Checksum");
    Matcher item = SHA_256_ITEM.matcher(header(response, "Repr-Digest"));
    String other = item.find() ? hex(item.group(1)) : hex;
    String checksum = hex.isEmpty() ? other : hex;
    if (!Sha256.isHex(checksum) || !other.equals(checksum)) {
      throw new UnexpectedAnswerException(
          Server.CONSUMER,
          "%s came without one SHA-256 to check it by (X-File-Checksum \"%s\", Repr-Digest \"%s\")"
              .formatted(uri, hex, header(response, "Repr-Digest")),
          null);
    }
    return checksum;
  }

  private static String hex(String base64) {
    try {
      return HexFormat.of().formatHex(Base64.getDecoder().decode(base64));
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }
}
