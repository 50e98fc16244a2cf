package dev.controlplane.grpc.http;

import dev.controlplane.catalog.Names;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Where a page of the matrix ended, as the client is given it: {@code m}, and both names in
 * base64url. It stands for a place in the order, not for a row, so it holds when rows come and go.
 *
 * @param worker the last worker of that consumer that was looked at; empty for none
 */
record MatrixPlace(String consumer, String worker) {
  private static final char MARK = 'm';

  /** As a client is given it. */
  String text() {
    return MARK + encoded(consumer) + "." + encoded(worker);
  }

  private static String encoded(String name) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(name.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * From what a client was given.
   *
   * @throws IllegalArgumentException if it was not given this
   */
  static MatrixPlace of(String text) {
    int dot = text.indexOf('.');
    if (dot > 0 && text.charAt(0) == MARK) {
      try {
        MatrixPlace place =
            new MatrixPlace(
                Names.checked("after", decoded(text.substring(1, dot))),
                decoded(text.substring(dot + 1)));
        // What decodes leniently was not made here.
        if (place.text().equals(text)
            && (place.worker.isEmpty()
                || Names.checked("after", place.worker).equals(place.worker))) {
          return place;
        }
      } catch (IllegalArgumentException e) {
        // Not ours either.
      }
    }
    throw new IllegalArgumentException(
        "after is \"%s\"; expected the \"next\" of an earlier page of this listing"
            .formatted(text.length() > 40 ? text.substring(0, 40) + "…" : text));
  }

  private static String decoded(String text) {
    return new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8);
  }
}
