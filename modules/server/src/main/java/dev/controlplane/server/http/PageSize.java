package dev.controlplane.server.http;

import io.helidon.common.uri.UriQuery;

/**
 * The number of entries on a page of a listing.
 *
 * @param normal the number if the request has no {@code limit}
 * @param max the largest allowed {@code limit}
 */
public record PageSize(int normal, int max) {
  /**
   * Returns the {@code limit} of a request.
   *
   * @throws ApiException 400 if it is not a whole number from 1 to {@link #max}
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
      // Reported below, like a number out of range.
    }
    throw ApiException.badRequest(
        "invalid_limit", "limit is \"" + text + "\"; expected: a whole number from 1 to " + max);
  }
}
