package dev.controlplane.client.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.controlplane.client.answers.Page;
import dev.controlplane.client.cli.terminal.Table;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.function.Function;

/** Listings from their first page to their last. */
public final class Paging {
  /** Entries a page: as many as the servers give. */
  public static final int LIMIT = 1000;

  /** Fetches one page. */
  @FunctionalInterface
  public interface Source<T> {
    Page<T> page(int limit, String after) throws IOException, InterruptedException;
  }

  private Paging() {}

  /** Writes a table, page by page. */
  public static <T> void table(Table table, Source<T> source, Consumer<T> row)
      throws IOException, InterruptedException {
    String after = null;
    do {
      Page<T> page = source.page(LIMIT, after);
      page.items().forEach(row);
      table.flush();
      after = page.next();
    } while (after != null);
  }

  /** Hands on each entry. */
  static <T> void each(Source<T> source, Consumer<T> entry)
      throws IOException, InterruptedException {
    String after = null;
    do {
      Page<T> page = source.page(LIMIT, after);
      page.items().forEach(entry);
      after = page.next();
    } while (after != null);
  }

  /** All of it as {@code {"<field>":[…]}}. */
  public static <T> ObjectNode json(String field, Source<T> source, Function<T, ObjectNode> entry)
      throws IOException, InterruptedException {
    ObjectNode answer = Json.object();
    ArrayNode list = answer.putArray(field);
    each(source, item -> list.add(entry.apply(item)));
    return answer;
  }
}
