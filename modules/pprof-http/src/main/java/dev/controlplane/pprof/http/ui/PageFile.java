package dev.controlplane.pprof.http.ui;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** A file of the page, which is a resource of this jar. Read once, kept in memory. */
final class PageFile {
  /** Everything that the page needs comes from this server, and nothing runs that is inline. */
  private static final String PAGE_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
          + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  /**
   * Speedscope writes its styles into the page, reads JFR recordings with WebAssembly, and reads a
   * file that was dropped on our page from a blob address.
   */
  private static final String SPEEDSCOPE_POLICY =
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval';"
          + " style-src 'self' 'unsafe-inline';"
          + " img-src 'self' data: blob:; font-src 'self'; connect-src 'self' blob:;"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private static final Map<String, String> TYPES =
      Map.ofEntries(
          Map.entry("html", "text/html; charset=utf-8"),
          Map.entry("css", "text/css; charset=utf-8"),
          Map.entry("js", "text/javascript; charset=utf-8"),
          Map.entry("json", "application/json"),
          Map.entry("txt", "text/plain; charset=utf-8"),
          Map.entry("map", "application/json"),
          Map.entry("svg", "image/svg+xml"),
          Map.entry("png", "image/png"),
          Map.entry("ico", "image/x-icon"),
          Map.entry("woff2", "font/woff2"),
          Map.entry("wasm", "application/wasm"));

  private static final ConcurrentHashMap<String, PageFile> READ = new ConcurrentHashMap<>();

  private final byte[] bytes;
  private final String contentType;
  private final String policy;
  private final String tag;

  private PageFile(byte[] bytes, String contentType, String policy) {
    this.bytes = bytes;
    this.contentType = contentType;
    this.policy = policy;
    this.tag = tag(bytes);
  }

  /**
   * Finds a file.
   *
   * @param path empty for the page itself, otherwise it begins with a slash
   */
  static Optional<PageFile> find(String path) throws IOException {
    String name = path.isEmpty() ? "/index.html" : path.endsWith("/") ? path + "index.html" : path;
    PageFile known = READ.get(name);
    if (known != null) {
      return Optional.of(known);
    }
    String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    // No segment may begin with a dot, so none leaves the directory.
    if (type == null || !name.matches("(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")) {
      return Optional.empty();
    }
    try (InputStream in = PageFile.class.getResourceAsStream("page" + name)) {
      if (in == null) {
        return Optional.empty();
      }
      byte[] bytes = in.readAllBytes();
      String policy = name.startsWith("/speedscope/") ? SPEEDSCOPE_POLICY : PAGE_POLICY;
      PageFile file = new PageFile(bytes, type, policy);
      READ.put(name, file);
      return Optional.of(file);
    }
  }

  /** The file, or 304 if the browser has it already. */
  UiAnswer answer(Optional<String> ifNoneMatch) {
    Map<String, String> headers =
        Map.of(
            "ETag", tag,
            // The browser asks each time: a new version of the server has a new page at once.
            "Cache-Control", "no-cache",
            "Content-Security-Policy", policy,
            "Referrer-Policy", "no-referrer",
            "Cross-Origin-Resource-Policy", "same-origin");
    boolean known = ifNoneMatch.filter(tags -> tags.contains(tag)).isPresent();
    return new UiAnswer(known ? 304 : 200, contentType, headers, known ? new byte[0] : bytes);
  }

  private static String tag(byte[] bytes) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return "\"" + HexFormat.of().formatHex(digest, 0, 12) + "\"";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }
}
