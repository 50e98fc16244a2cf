package dev.controlplane.consumer;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import java.util.Arrays;
import java.util.List;

/**
 * Preconditions of a request (RFC 9110, section 13). There is no Last-Modified, so those with a
 * date count for nothing.
 */
final class Conditions {
  private Conditions() {}

  /** Whether If-Match, if it is there, holds: the tag or {@code *}, compared strongly. */
  static boolean ifMatch(Headers headers, String etag) {
    return !headers.contains(HeaderNames.IF_MATCH)
        || anyMatches(headers, HeaderNames.IF_MATCH, etag, true);
  }

  /** Whether If-None-Match says that the client has it: the tag or {@code *}, compared weakly. */
  static boolean clientHasIt(Headers headers, String etag) {
    return headers.contains(HeaderNames.IF_NONE_MATCH)
        && anyMatches(headers, HeaderNames.IF_NONE_MATCH, etag, false);
  }

  /** Whether a Range counts: If-Range is not there, or is the tag, compared strongly. */
  static boolean rangeCounts(Headers headers, String etag) {
    return headers.all(HeaderNames.IF_RANGE, () -> List.of(etag)).stream()
        .allMatch(line -> line.strip().equals(etag));
  }

  private static boolean anyMatches(
      Headers headers, HeaderName name, String etag, boolean strongly) {
    String list = String.join(",", headers.all(name, List::of));
    return isAnything(list) || has(list, etag, strongly);
  }

  /** A {@code *} stands alone; beside tags it is no value at all, and counts for nothing. */
  private static boolean isAnything(String list) {
    return Arrays.stream(list.split(",", -1))
        .map(String::strip)
        .filter(element -> !element.isEmpty())
        .toList()
        .equals(List.of("*"));
  }

  /**
   * Whether the tag is an item of a list. It is in quotes and has none inside, so it is one
   * wherever blanks, commas or an end stand around it.
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
