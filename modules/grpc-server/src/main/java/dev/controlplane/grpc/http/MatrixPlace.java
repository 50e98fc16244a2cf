package dev.controlplane.grpc.http;

import dev.controlplane.catalog.Names;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * The opaque position at which a page of the matrix ended: {@code m} and both names in base64url.
 * It is a position in the order, not a row, so it stays valid when rows are added or removed.
 *
 * @param worker the last worker of that consumer that was examined; empty for none
 */
record MatrixPlace(String consumer, String worker) {
  private static final char MARK = 'm';

  /** The text for the client. */
  String text() {
    return MARK + encoded(consumer) + "." + encoded(worker);
  }

  private static String encoded(String name) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(name.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Parses the text of a client.
   *
   * @throws IllegalArgumentException if it did not come from {@link #text}
   */
  static MatrixPlace of(String text) {
    int dot = text.indexOf('.');
    if (dot > 0 && text.charAt(0) == MARK) {
      try {
        MatrixPlace place =
            new MatrixPlace(
                Names.checked("after", decoded(text.substring(1, dot))),
                decoded(text.substring(dot + 1)));
        // Values that decode only leniently did not come from this class.
        if (place.text().equals(text)
            && (place.worker.isEmpty()
                || Names.checked("after", place.worker).equals(place.worker))) {
          return place;
        }
      } catch (IllegalArgumentException e) {
        // Rejected below.
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
