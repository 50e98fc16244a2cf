package dev.controlplane.consumer;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import java.util.Arrays;
import java.util.List;

/**
 * Evaluates the preconditions of a request (RFC 9110, section 13). Answers have no Last-Modified,
 * so preconditions with a date are ignored.
 */
final class Conditions {
  private Conditions() {}

  /** Whether If-Match is absent or holds: it has the tag, in strong comparison, or {@code *}. */
  static boolean ifMatch(Headers headers, String etag) {
    return !headers.contains(HeaderNames.IF_MATCH)
        || anyMatches(headers, HeaderNames.IF_MATCH, etag, true);
  }

  /**
   * Whether If-None-Match shows that the client has the file: it has the tag, in weak comparison,
   * or {@code *}.
   */
  static boolean clientHasIt(Headers headers, String etag) {
    return headers.contains(HeaderNames.IF_NONE_MATCH)
        && anyMatches(headers, HeaderNames.IF_NONE_MATCH, etag, false);
  }

  /** Whether a Range header applies: If-Range is absent, or is the tag in strong comparison. */
  static boolean rangeCounts(Headers headers, String etag) {
    return headers.all(HeaderNames.IF_RANGE, () -> List.of(etag)).stream()
        .allMatch(line -> line.strip().equals(etag));
  }

  private static boolean anyMatches(
      Headers headers, HeaderName name, String etag, boolean strongly) {
    String list = String.join(",", headers.all(name, List::of));
    return isAnything(list) || has(list, etag, strongly);
  }

  /** Whether the value is {@code *}. Next to tags it is invalid and ignored. */
  private static boolean isAnything(String list) {
    return Arrays.stream(list.split(",", -1))
        .map(String::strip)
        .filter(element -> !element.isEmpty())
        .toList()
        .equals(List.of("*"));
  }

  /**
   * Whether a list contains the tag. The tag is quoted and contains no quotes, so an occurrence
   * between blanks, commas or the ends of the list is always a whole item.
   */
  private static boolean has(String list, String etag, boolean strongly) {
    for (int at = list.indexOf(etag); at >= 0; at = list.indexOf(etag, at + 1)) {
      boolean weak = list.startsWith("W/", at - 2);
      if (isEdge(list, at - (weak ? 3 : 1))
          && isEdge(list, at + etag.length())
          && !(weak && strongly)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isEdge(String list, int position) {
    return position < 0 || position >= list.length() || ", \t".indexOf(list.charAt(position)) >= 0;
  }
}
