package dev.controlplane.catalog;

import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Writes and reads {@code consumers.db}. */
final class SqlConsumers implements Consumers {
  private static final long PROBE_SECONDS = 5;

  /** Time and revision only grow: sightings may come late, and in any order. */
  private static final String SEEN =
      """
      INSERT INTO consumers (id, endpoint, last_seen, last_revision) VALUES (?, '', ?, ?)
      ON CONFLICT (id) DO UPDATE SET
        last_seen = CASE WHEN excluded.last_seen > consumers.last_seen
          THEN excluded.last_seen ELSE consumers.last_seen END,
        last_revision = CASE WHEN excluded.last_revision > consumers.last_revision
          THEN excluded.last_revision ELSE consumers.last_revision END\
      """;

  private static final String ENDPOINT = "UPDATE consumers SET endpoint = ? WHERE id = ?";

  private static final String COLUMNS = "SELECT id, endpoint, last_seen, last_revision";

  private final WriterLock lock;
  private final GroupCommit writer;
  private final ReaderThreads readers;

  SqlConsumers(WriterLock lock, GroupCommit writer, Path directory) {
    this.lock = lock;
    this.writer = writer;
    this.readers = new ReaderThreads(directory, Schema.CONSUMERS, 1, () -> {});
  }

  @Override
  public void register(String id, String endpoint, Instant at) {
    writer.commit(
        session -> {
          session.change(SEEN, id, at.toEpochMilli(), 0L);
          session.change(ENDPOINT, endpoint, id);
          return null;
        });
  }

  @Override
  public void seen(Collection<Sighting> sightings) {
    List<Sighting> taken = List.copyOf(sightings);
    if (taken.isEmpty()) {
      return;
    }
    writer.commit(
        session -> {
          for (Sighting sighting : taken) {
            session.change(
                SEEN, sighting.id(), sighting.at().toEpochMilli(), sighting.lastRevision());
          }
          return null;
        });
  }

  @Override
  public Optional<Consumer> find(String id) {
    return readers.ask(
        Optional.empty(),
        session -> session.one(COLUMNS + " FROM consumers WHERE id = ?", SqlConsumers::row, id));
  }

  @Override
  public Page<Consumer> list(int limit, String after) {
    String id = after == null ? "" : Cursor.name(after);
    int wanted = Cursor.oneMore(limit);
    return Cursor.page(
        readers.ask(
            List.of(),
            session ->
                session.all(
                    COLUMNS + " FROM consumers WHERE id > ? ORDER BY id LIMIT ?",
                    SqlConsumers::row,
                    id,
                    wanted)),
        limit,
        consumer -> Cursor.of(consumer.id()));
  }

  @Override
  public void check() {
    writer.probe(
        session -> {
          session.one("SELECT id FROM consumers LIMIT 1", row -> row.getString(1));
          return null;
        },
        PROBE_SECONDS,
        TimeUnit.SECONDS);
  }

  @Override
  public WriterStatus status() {
    return writer.status();
  }

  @Override
  public void close() {
    writer.close();
    readers.close();
    lock.close();
  }

  private static Consumer row(ResultSet row) throws SQLException {
    return new Consumer(
        row.getString(1), row.getString(2), Instant.ofEpochMilli(row.getLong(3)), row.getLong(4));
  }
}
