package dev.controlplane.consumer;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.controlplane.catalog.BlobStore;
import dev.controlplane.catalog.BlobStore.Blob;
import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.Names;
import dev.controlplane.catalog.Version;
import dev.controlplane.catalog.failures.DamagedBlobException;
import dev.controlplane.server.Bound;
import dev.controlplane.server.http.ApiException;
import dev.controlplane.server.http.PathVariables;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Sends files, whole, in ranges, or only their headers. The first bytes are read and verified
 * before the head of the answer is sent. If damage is found later, the connection is cut, so that
 * the client notices that it got fewer bytes than Content-Length.
 */
final class Downloads {
  /** The chunk size of the blob store: each chunk is read, verified and sent as a whole. */
  static final int BUFFER_SIZE = 64 * 1024;

  private static final int MAX_HEADERS = 8192;

  private final CatalogReader catalog;
  private final BlobStore blobs;
  private final Bound places;
  private final DownloadMetrics metrics;

  private final Cache<Version, FileHeaders> headers =
      Caffeine.newBuilder().maximumSize(MAX_HEADERS).executor(Runnable::run).build();

  Downloads(CatalogReader catalog, BlobStore blobs, Bound places, DownloadMetrics metrics) {
    this.catalog = catalog;
    this.blobs = blobs;
    this.places = places;
    this.metrics = metrics;
  }

  /** {@code GET /file/{filename}}. */
  void latest(ServerRequest request, ServerResponse response, PathVariables path)
      throws IOException {
    String worker = Names.checked("filename", path.get("filename"));
    Version file =
        catalog
            .latest(worker)
            .orElseThrow(() -> ApiException.notFound("there is no worker \"" + worker + "\""));
    answer(request, response, file, FileHeaders.NO_CACHE);
  }

  /** {@code GET /file/{filename}/version/{version}}. */
  void version(ServerRequest request, ServerResponse response, PathVariables path)
      throws IOException {
    String worker = Names.checked("filename", path.get("filename"));
    String version = Names.checked("version", path.get("version"));
    Version file =
        catalog
            .version(worker, version)
            .orElseThrow(
                () ->
                    ApiException.notFound(
                        "there is no version \"" + version + "\" of \"" + worker + "\""));
    answer(request, response, file, FileHeaders.IMMUTABLE);
  }

  private void answer(
      ServerRequest request, ServerResponse response, Version file, Header cacheControl)
      throws IOException {
    FileHeaders known = headers.get(file, FileHeaders::new);
    ServerRequestHeaders asked = request.headers();
    if (!Conditions.ifMatch(asked, known.etag())) {
      throw ApiException.of(
              412, "precondition_failed", "the file is not one of If-Match; it is " + known.etag())
          .with("ETag", known.etag());
    }
    if (Conditions.clientHasIt(asked, known.etag())) {
      known.setCommon(response.headers(), cacheControl);
      response.status(Status.NOT_MODIFIED_304).send();
      metrics.notModified();
      return;
    }
    boolean head = request.prologue().method().equals(Method.HEAD);
    // Range is defined only for GET.
    Optional<List<ByteRange>> ranges =
        head ? Optional.empty() : ranges(asked, known.etag(), file.size());
    if (!places.enter()) {
      throw ApiException.of(503, "too_many_downloads", places.refusal("try again later"))
          .with("Retry-After", "1");
    }
    try (Blob blob = blobs.open(file.digest())) {
      if (ranges.isPresent()) {
        sendRanges(response, file, known, cacheControl, blob, ranges.get());
      } else {
        sendWhole(response, file, known, cacheControl, blob, head);
      }
    } catch (DamagedBlobException e) {
      metrics.damaged();
      throw e;
    } finally {
      places.leave();
    }
  }

  private static Optional<List<ByteRange>> ranges(
      ServerRequestHeaders asked, String etag, long size) {
    if (!asked.contains(HeaderNames.RANGE) || !Conditions.rangeCounts(asked, etag)) {
      return Optional.empty();
    }
    Optional<List<ByteRange>> ranges =
        ByteRange.parse(asked.all(HeaderNames.RANGE, List::of), size);
    if (ranges.isPresent() && ranges.get().isEmpty()) {
      throw ApiException.of(
              416,
              "range_not_satisfiable",
              "Range is past the end of the file; expected: bytes below " + size)
          .with("Content-Range", "bytes */" + size);
    }
    return ranges;
  }

  private void sendWhole(
      ServerResponse response,
      Version file,
      FileHeaders known,
      Header cacheControl,
      Blob blob,
      boolean head)
      throws IOException {
    ByteRange all = new ByteRange(0, file.size());
    byte[] first = first(blob, all);
    known.setCommon(response.headers(), cacheControl);
    known.setContent(response.headers());
    response.headers().contentLength(file.size());
    if (head) {
      response.send();
    } else {
      send(response, blob, all, first);
      metrics.sentWhole(file.size());
    }
  }

  private void sendRanges(
      ServerResponse response,
      Version file,
      FileHeaders known,
      Header cacheControl,
      Blob blob,
      List<ByteRange> ranges)
      throws IOException {
    ByteRange range = ranges.getFirst();
    byte[] first = first(blob, range);
    known.setCommon(response.headers(), cacheControl);
    known.setContent(response.headers());
    response.status(Status.PARTIAL_CONTENT_206);
    if (ranges.size() > 1) {
      sendParts(response, file, known, blob, ranges);
    } else {
      response.header(HeaderNames.CONTENT_RANGE, range.contentRange(file.size()));
      response.headers().contentLength(range.length());
      send(response, blob, range, first);
    }
    metrics.sentPart(ranges.stream().mapToLong(ByteRange::length).sum());
  }

  /** Reads and verifies the first bytes of a range, up to the size of a buffer. */
  private static byte[] first(Blob blob, ByteRange range) throws IOException {
    byte[] first = new byte[(int) Math.min(range.length(), BUFFER_SIZE)];
    readFully(blob, range.start(), first, first.length);
    return first;
  }

  private static void readFully(Blob blob, long position, byte[] into, int length)
      throws IOException {
    for (int done = 0; done < length; ) {
      int count = blob.read(position + done, into, done, length - done);
      if (count < 0) {
        throw new IllegalStateException("a blob ended before its size");
      }
      done += count;
    }
  }

  private static void send(ServerResponse response, Blob blob, ByteRange range, byte[] first)
      throws IOException {
    if (first.length == range.length()) {
      response.send(first);
      return;
    }
    // Not closed after an error, because that would end the answer as if it were complete.
    OutputStream out = response.outputStream();
    out.write(first);
    copy(blob, new ByteRange(range.start() + first.length, range.length() - first.length), out);
    out.close();
  }

  /** Copies along the chunks of the blob store, so that each chunk is read once. */
  private static void copy(Blob blob, ByteRange range, OutputStream out) throws IOException {
    byte[] buffer = new byte[BUFFER_SIZE];
    long end = range.start() + range.length();
    for (long at = range.start(); at < end; ) {
      int wanted = (int) Math.min(BUFFER_SIZE - at % BUFFER_SIZE, end - at);
      readFully(blob, at, buffer, wanted);
      out.write(buffer, 0, wanted);
      at += wanted;
    }
  }

  /** Sends several ranges as multipart/byteranges (RFC 9110, section 14.6). */
  private static void sendParts(
      ServerResponse response, Version file, FileHeaders known, Blob blob, List<ByteRange> ranges)
      throws IOException {
    String boundary = UUID.randomUUID().toString();
    List<byte[]> heads = new ArrayList<>();
    byte[] tail = ascii("\r\n--" + boundary + "--\r\n");
    long length = tail.length;
    for (ByteRange range : ranges) {
      byte[] head =
          ascii(
              "\r\n--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n\r\n"
                  .formatted(boundary, known.contentType(), range.contentRange(file.size())));
      heads.add(head);
      length += head.length + range.length();
    }
    response.header(HeaderNames.CONTENT_TYPE, "multipart/byteranges; boundary=" + boundary);
    response.headers().contentLength(length);
    OutputStream out = response.outputStream();
    for (int i = 0; i < ranges.size(); i++) {
      out.write(heads.get(i));
      copy(blob, ranges.get(i), out);
    }
    out.write(tail);
    out.close();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
