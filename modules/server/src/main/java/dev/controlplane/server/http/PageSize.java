package dev.controlplane.server.http;

import io.helidon.common.uri.UriQuery;

/**
 * How many entries a page of a listing has.
 *
 * @param normal where the request does not say
 * @param max at most
 */
public record PageSize(int normal, int max) {
  /**
   * {@code limit} of a request.
   *
   * @throws ApiException 400 if it is not a number from 1 to {@link #max}
   */
  public int of(UriQuery query) {
    if (!query.contains("limit")) {
      return normal;
    }
    String text = query.first("limit").orElse("");
    try {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= max) {
        return limit;
      }
    } catch (NumberFormatException e) {
      // the same answer as for a number out of range
    }
    throw ApiException.badRequest(
        "invalid_limit", "limit is \"" + text + "\"; expected: a whole number from 1 to " + max);
  }
}
