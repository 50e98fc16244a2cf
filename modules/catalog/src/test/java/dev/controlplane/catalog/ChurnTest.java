package dev.controlplane.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.catalog.Consumers.Report;
import dev.controlplane.catalog.Consumers.Sighting;
import dev.controlplane.catalog.Consumers.State;
import dev.controlplane.catalog.database.Schema;
import dev.controlplane.catalog.database.Session;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Workers and consumers that come and go leave nothing: after many rounds there are as many rows
 * and files as after the second, and the files are as large. A system property gives their number:
 * {@code -DargLine=-Dchurn=1000000} is a week of a large fleet; the default takes seconds.
 */
class ChurnTest {
  private static final int ALL = Integer.getInteger("churn", 20_000);
  private static final int ROUNDS = 10;
  private static final int ROUND = ALL / ROUNDS;

  /** One worker in so many has its bytes on disk: a file costs more time than a row. */
  private static final int STORED = 50;

  @TempDir Path directory;

  /** What is on disk: rows of each table, bytes of the database, files. */
  private record Left(Map<String, Long> rows, long bytes, long files) {}

  private Left left(Schema schema) throws IOException, SQLException {
    Map<String, Long> rows = new TreeMap<>();
    Path file = schema.in(directory);
    try (Session session = Session.toRead(file)) {
      for (String table :
          session.all(
              "SELECT name FROM sqlite_schema WHERE type = 'table'", row -> row.getString(1))) {
        rows.put(table, session.number("SELECT COUNT(*) FROM " + table));
      }
    }
    try (Stream<Path> files = Files.walk(directory)) {
      return new Left(rows, Files.size(file), files.filter(Files::isRegularFile).count());
    }
  }

  private static void requireFlat(Left second, Left last) {
    assertEquals(second.rows(), last.rows());
    assertEquals(second.files(), last.files());
    assertTrue(
        last.bytes() <= second.bytes() + second.bytes() / 4,
        () -> "the database grew from %d to %d".formatted(second.bytes(), last.bytes()));
  }

  @Test
  void workersThatComeAndGoLeaveNothing() throws Exception {
    Left second = null;
    for (int round = 0; round < ROUNDS; round++) {
      try (Catalog catalog = DataDirectory.openCatalog(directory)) {
        CatalogBlobs blobs = DataDirectory.openBlobs(directory, catalog);
        catalog.publish("stays", "1", Blobs.of("stays"), null);
        comeAndGo(catalog, blobs, round * ROUND);
        catalog.compact(Long.MAX_VALUE);
        blobs.collect(Instant.now().plusSeconds(60), false);
        assertEquals(
            List.of("stays"),
            catalog.snapshot(catalog.head(), 10, "").items().stream().map(Update::worker).toList());
        assertEquals(Optional.empty(), catalog.recorded("worker-" + round * ROUND, "1"));
      }
      second = round == 1 ? left(Schema.CATALOG) : second;
    }
    requireFlat(second, left(Schema.CATALOG));
  }

  private static void comeAndGo(Catalog catalog, BlobStore blobs, int first) throws Exception {
    List<Future<?>> changes = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = first; i < first + ROUND; i++) {
        String worker = "worker-" + i;
        boolean stored = i % STORED == 0;
        changes.add(
            threads.submit(
                () -> {
                  StoredBlob blob =
                      stored
                          ? Blobs.store(blobs, worker.getBytes(StandardCharsets.UTF_8))
                          : Blobs.of(worker);
                  catalog.publish(worker, "1", blob, null);
                  catalog.delete(worker, "1");
                }));
      }
    }
    for (Future<?> change : changes) {
      change.get();
    }
  }

  @Test
  void consumersThatComeAndGoLeaveNothing() throws Exception {
    Left second = null;
    for (int round = 0; round < ROUNDS; round++) {
      try (Consumers consumers = DataDirectory.openConsumers(directory)) {
        Instant at = Instant.now();
        List<Sighting> sightings = new ArrayList<>();
        List<Report> reports = new ArrayList<>();
        for (int i = round * ROUND; i < (round + 1) * ROUND; i++) {
          String id = "consumer-" + i;
          sightings.add(new Sighting(id, at, 1, Optional.of(Set.of("w"))));
          reports.add(new Report(id, "w", "1", 1, State.REJECTED, "code", "message", at));
        }
        consumers.seen(sightings);
        consumers.report(reports);
        assertEquals(ROUND, consumers.expire(at.plusMillis(1), id -> false));
        assertEquals(List.of(), consumers.following("", 1));
        assertEquals(List.of(), consumers.standingsWith("w", 1, ""));
      }
      second = round == 1 ? left(Schema.CONSUMERS) : second;
    }
    requireFlat(second, left(Schema.CONSUMERS));
  }
}
