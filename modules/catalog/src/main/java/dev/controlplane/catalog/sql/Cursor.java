package dev.controlplane.catalog.sql;

import dev.controlplane.catalog.Names;
import dev.controlplane.catalog.Page;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;

/**
 * The opaque position at which a page of a listing ended: {@code r} and a revision, or {@code n}
 * and a name in base64url. It is a position in the order, not a row, so it stays valid when rows
 * are added or removed.
 */
final class Cursor {
  private static final char REVISION = 'r';
  private static final char NAME = 'n';

  private Cursor() {}

  static String of(long revision) {
    return REVISION + Long.toString(revision);
  }

  static String of(String name) {
    return NAME
        + Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(name.getBytes(StandardCharsets.UTF_8));
  }

  static long revision(String cursor) {
    if (!cursor.isEmpty() && cursor.charAt(0) == REVISION) {
      try {
        long revision = Long.parseLong(cursor.substring(1));
        if (revision > 0 && of(revision).equals(cursor)) {
          return revision;
        }
      } catch (NumberFormatException e) {
        // Rejected below.
      }
    }
    throw foreign(cursor);
  }

  static String name(String cursor) {
    if (!cursor.isEmpty() && cursor.charAt(0) == NAME) {
      try {
        byte[] bytes = Base64.getUrlDecoder().decode(cursor.substring(1));
        String name = new String(bytes, StandardCharsets.UTF_8);
        // Values that decode only leniently, or to an invalid name, did not come from this class.
        if (of(Names.checked("after", name)).equals(cursor)) {
          return name;
        }
      } catch (IllegalArgumentException e) {
        // Rejected below.
      }
    }
    throw foreign(cursor);
  }

  /** The number of rows to read in order to know whether there is another page. */
  static int oneMore(int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("limit is " + limit + "; expected 1 or more");
    }
    return Math.addExact(limit, 1);
  }

  /** Builds a page of at most {@code limit} rows from rows read with {@link #oneMore}. */
  static <T> Page<T> page(List<T> rows, int limit, Function<T, String> cursor) {
    if (rows.size() <= limit) {
      return new Page<>(rows, null);
    }
    List<T> items = rows.subList(0, limit);
    return new Page<>(items, cursor.apply(items.getLast()));
  }

  private static IllegalArgumentException foreign(String cursor) {
    String shown = cursor.length() > 40 ? cursor.substring(0, 40) + "…" : cursor;
    return new IllegalArgumentException(
        "after is \"" + shown + "\"; expected the \"next\" of an earlier page of this listing");
  }
}
