package dev.controlplane.consumer;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
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
    return !headers.contains(HeaderNames.IF_RANGE)
        || headers.get(HeaderNames.IF_RANGE).get().strip().equals(etag);
  }

  private static boolean anyMatches(
      Headers headers, HeaderName name, String etag, boolean strongly) {
    List<String> lines = headers.get(name).allValues();
    for (String line : lines) {
      if (line.strip().equals("*") || has(line, etag, strongly)) {
        return true;
      }
    }
    return false;
  }

  /** The tag is in quotes and has none inside, so wherever it is in a list it is an item of it. */
  private static boolean has(String list, String etag, boolean strongly) {
    for (int at = list.indexOf(etag); at >= 0; at = list.indexOf(etag, at + 1)) {
      boolean weak = at >= 2 && list.startsWith("W/", at - 2);
      if (!weak || !strongly) {
        return true;
      }
    }
    return false;
  }
}
