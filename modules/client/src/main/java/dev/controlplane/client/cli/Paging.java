package dev.controlplane.client.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.controlplane.client.answers.Page;
import dev.controlplane.client.cli.terminal.Table;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.function.Function;

/** Reads listings from their first page to their last. */
public final class Paging {
  /** Entries on a page; servers give no more. */
  public static final int LIMIT = 1000;

  /** Fetches one page. */
  @FunctionalInterface
  public interface Source<T> {
    Page<T> page(int limit, String after) throws IOException, InterruptedException;
  }

  private Paging() {}

  /**
   * Writes a table, page by page. The first two pages are aligned together: the first one of {@code
   * cpctl status} has only the consumers that lag.
   *
   * @return whether there was an entry; without one nothing is written
   */
  public static <T> boolean table(Table table, Source<T> source, Consumer<T> row)
      throws IOException, InterruptedException {
    boolean any = false;
    int pages = 0;
    String after = null;
    do {
      Page<T> page = source.page(LIMIT, after);
      page.items().forEach(row);
      any |= !page.items().isEmpty();
      after = page.next();
      if (any && (++pages > 1 || after == null)) {
        table.flush();
      }
    } while (after != null);
    return any;
  }

  /** Passes each entry to a consumer. */
  static <T> void each(Source<T> source, Consumer<T> entry)
      throws IOException, InterruptedException {
    String after = null;
    do {
      Page<T> page = source.page(LIMIT, after);
      page.items().forEach(entry);
      after = page.next();
    } while (after != null);
  }

  /** Returns the whole listing as {@code {"<field>":[…]}}. */
  public static <T> ObjectNode json(String field, Source<T> source, Function<T, ObjectNode> entry)
      throws IOException, InterruptedException {
    ObjectNode answer = Json.object();
    ArrayNode list = answer.putArray(field);
    each(source, item -> list.add(entry.apply(item)));
    return answer;
  }
}
