package dev.controlplane.pprof.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/** Reads paths as {@code net/http.ServeMux} does. */
final class GoPath {
  private GoPath() {}

  /**
   * Cleans a path like {@code net/http.cleanPath}: removes empty, {@code .} and {@code ..}
   * segments, and keeps a trailing slash.
   */
  static String clean(String path) {
    Deque<String> segments = new ArrayDeque<>();
    for (String segment : path.split("/", -1)) {
      switch (segment) {
        case "", "." -> {}
        case ".." -> segments.pollLast();
        default -> segments.addLast(segment);
      }
    }
    StringBuilder clean = new StringBuilder();
    for (Iterator<String> i = segments.iterator(); i.hasNext(); ) {
      clean.append('/').append(i.next());
    }
    return path.endsWith("/") || clean.isEmpty() ? clean.append('/').toString() : clean.toString();
  }

  /** Decodes each segment separately, so that an escaped slash does not separate segments. */
  static String decode(String path) {
    StringBuilder decoded = new StringBuilder();
    for (String segment : path.substring(1).split("/", -1)) {
      decoded.append('/').append(decodeSegment(segment).replace('/', '\0'));
    }
    return decoded.toString();
  }

  private static String decodeSegment(String segment) {
    try {
      return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return segment;
    }
  }
}
