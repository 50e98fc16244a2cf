package dev.controlplane.consumer;

import dev.controlplane.catalog.Version;
import dev.controlplane.server.http.PathSegment;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerResponseHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;

/** The response headers of a version, created once and used for many requests. Immutable. */
final class FileHeaders {
  private static final HeaderName X_FILE_VERSION = HeaderNames.create("X-File-Version");
  private static final HeaderName X_FILE_CHECKSUM = HeaderNames.create("X-File-Checksum");
  private static final HeaderName REPR_DIGEST = HeaderNames.create("Repr-Digest");
  private static final Header ACCEPT_RANGES =
      HeaderValues.createCached(HeaderNames.ACCEPT_RANGES, "bytes");

  /** The uploader chose the media type; browsers must not guess another one. */
  private static final Header NO_SNIFFING =
      HeaderValues.createCached(HeaderNames.create("X-Content-Type-Options"), "nosniff");

  /** For paths with a version, whose bytes never change. */
  static final Header IMMUTABLE =
      HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "public, max-age=31536000, immutable");

  /** For paths of the latest version, which may change at any time. */
  static final Header NO_CACHE = HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-cache");

  private final String etag;
  private final String contentType;
  private final Header etagHeader;
  private final Header contentTypeHeader;
  private final Header disposition;
  private final Header version;
  private final Header checksum;
  private final Header digest;

  FileHeaders(Version file) {
    String hex = file.digest().hex();
    etag = '"' + hex + '"';
    contentType = file.contentType();
    etagHeader = HeaderValues.createCached(HeaderNames.ETAG, etag);
    contentTypeHeader = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, contentType);
    disposition =
        HeaderValues.createCached(HeaderNames.CONTENT_DISPOSITION, disposition(file.worker()));
    version = HeaderValues.createCached(X_FILE_VERSION, headerText(file.version()));
    checksum = HeaderValues.createCached(X_FILE_CHECKSUM, hex);
    digest =
        HeaderValues.createCached(
            REPR_DIGEST,
            "sha-256=:" + Base64.getEncoder().encodeToString(file.digest().bytes()) + ":");
  }

  /** The strong entity tag: the digest in quotes. */
  String etag() {
    return etag;
  }

  String contentType() {
    return contentType;
  }

  /** Sets the headers that a whole file, a part of it and 304 have in common. */
  void setCommon(ServerResponseHeaders headers, Header cacheControl) {
    headers.set(etagHeader);
    headers.set(cacheControl);
    headers.set(ACCEPT_RANGES);
    headers.set(version);
    headers.set(checksum);
    headers.set(digest);
  }

  /** Sets the headers of an answer that contains bytes of the file. */
  void setContent(ServerResponseHeaders headers) {
    headers.set(contentTypeHeader);
    headers.set(disposition);
    headers.set(NO_SNIFFING);
  }

  /**
   * Builds Content-Disposition (RFC 6266): a quoted file name for all clients and, if it had to be
   * simplified, the exact name as {@code filename*} (RFC 8187), which takes precedence in clients
   * that know it.
   */
  private static String disposition(String name) {
    StringBuilder fallback = new StringBuilder(name.length());
    boolean exact = true;
    for (int i = 0; i < name.length(); ) {
      int c = name.codePointAt(i);
      i += Character.charCount(c);
      // Some clients read % as an encoding and \" as the end of the name.
      if (c < ' ' || c > '~' || c == '"' || c == '%' || c == '\\') {
        fallback.append('_');
        exact = false;
      } else {
        fallback.append((char) c);
      }
    }
    String plain = "attachment; filename=\"" + fallback + '"';
    return exact ? plain : plain + "; filename*=UTF-8''" + PathSegment.encode(name);
  }

  /**
   * Encodes text for a header: ASCII stays unchanged; other characters, {@code %}, and spaces at
   * either end, which a header would lose, are percent-encoded in UTF-8.
   */
  static String headerText(String text) {
    StringBuilder encoded = new StringBuilder(text.length());
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      byte b = bytes[i];
      boolean lost = b == ' ' && (i == 0 || i == bytes.length - 1);
      if (b < ' ' || b > '~' || b == '%' || lost) {
        HexFormat.of().withUpperCase().toHexDigits(encoded.append('%'), b);
      } else {
        encoded.append((char) b);
      }
    }
    return encoded.toString();
  }
}
