package dev.controlplane.catalog.sql;

import dev.controlplane.catalog.Names;
import dev.controlplane.catalog.Page;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;

/**
 * Where a page of a listing ended: {@code r} and a revision, or {@code n} and a name in base64url.
 * It stands for a place in the order, not for a row, so it holds when rows come and go.
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
        // Not ours either.
      }
    }
    throw foreign(cursor);
  }

  static String name(String cursor) {
    if (!cursor.isEmpty() && cursor.charAt(0) == NAME) {
      try {
        byte[] bytes = Base64.getUrlDecoder().decode(cursor.substring(1));
        String name = new String(bytes, StandardCharsets.UTF_8);
        // What decodes leniently, or is no name, was not made here.
        if (of(Names.checked("after", name)).equals(cursor)) {
          return name;
        }
      } catch (IllegalArgumentException e) {
        // Not ours either.
      }
    }
    throw foreign(cursor);
  }

  /** How many rows to read to know whether there are more than a page takes. */
  static int oneMore(int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("limit is " + limit + "; expected 1 or more");
    }
    return Math.addExact(limit, 1);
  }

  /** The page of at most {@code limit} rows out of those read with {@link #oneMore}. */
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
