package dev.controlplane.catalog.sql;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Chooses the media type that a version is served with. */
final class ContentTypes {
  private static final String UNKNOWN = "application/octet-stream";

  /**
   * RFC 9110, section 8.3.1, restricted to ASCII. The value is copied into a response header
   * unchanged.
   */
  private static final Pattern MEDIA_TYPE =
      Pattern.compile("[\\w!#$%&'*+.^`|~-]+/[\\w!#$%&'*+.^`|~-]+([ \\t]*;[\\x20-\\x7e\\t]*)?");

  private static final int MAX_LENGTH = 255;

  private static final Map<String, String> BY_EXTENSION =
      Map.ofEntries(
          Map.entry("js", "text/javascript"),
          Map.entry("mjs", "text/javascript"),
          Map.entry("cjs", "text/javascript"),
          Map.entry("wasm", "application/wasm"),
          Map.entry("json", "application/json"),
          Map.entry("map", "application/json"),
          Map.entry("html", "text/html"),
          Map.entry("htm", "text/html"),
          Map.entry("css", "text/css"),
          Map.entry("txt", "text/plain"),
          Map.entry("md", "text/markdown"),
          Map.entry("csv", "text/csv"),
          Map.entry("xml", "application/xml"),
          Map.entry("yaml", "application/yaml"),
          Map.entry("yml", "application/yaml"),
          Map.entry("svg", "image/svg+xml"),
          Map.entry("png", "image/png"),
          Map.entry("jpg", "image/jpeg"),
          Map.entry("jpeg", "image/jpeg"),
          Map.entry("gif", "image/gif"),
          Map.entry("webp", "image/webp"),
          Map.entry("pdf", "application/pdf"),
          Map.entry("zip", "application/zip"),
          Map.entry("gz", "application/gzip"),
          Map.entry("tar", "application/x-tar"));

  private ContentTypes() {}

  /**
   * Returns the uploader's type if it is valid and specific, else the type for the extension of the
   * worker's name.
   */
  static String of(String sent, String worker) {
    String type = sent == null ? "" : sent.strip();
    if (type.length() <= MAX_LENGTH
        && MEDIA_TYPE.matcher(type).matches()
        && !type.equalsIgnoreCase(UNKNOWN)) {
      return type;
    }
    String extension = worker.substring(worker.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return BY_EXTENSION.getOrDefault(extension, UNKNOWN);
  }
}
