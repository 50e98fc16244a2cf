package dev.controlplane.catalog.sql;

import dev.controlplane.catalog.Catalog;
import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.LogPage;
import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.Page;
import dev.controlplane.catalog.Update;
import dev.controlplane.catalog.Version;
import dev.controlplane.catalog.database.ReaderThreads;
import dev.controlplane.catalog.database.Schema;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Reads {@code catalog.db}. Frequent queries are answered from {@link KnownRows}. */
public final class SqlCatalogReader implements CatalogReader {
  private static final int THREADS = 2;
  private static final long PROBE_SECONDS = 5;

  static final String VERSION_COLUMNS =
      "v.worker, v.version, v.digest, v.size, v.content_type, v.uploaded_at, v.revision";

  private static final String LATEST =
      "SELECT "
          + VERSION_COLUMNS
          + " FROM latest l JOIN versions v ON v.worker = l.worker AND v.version = l.version"
          + " WHERE l.worker = ?";

  private static final String RECORDED =
      "SELECT " + VERSION_COLUMNS + " FROM versions v WHERE v.worker = ? AND v.version = ?";

  private static final String VERSION = RECORDED + " AND v.deleted = 0";

  private static final String VERSIONS =
      "SELECT "
          + VERSION_COLUMNS
          + " FROM versions v WHERE v.worker = ? AND v.revision < ? AND v.deleted = 0"
          + " ORDER BY v.revision DESC LIMIT ?";

  private static final String LATEST_OF_ALL =
      "SELECT "
          + VERSION_COLUMNS
          + " FROM latest l JOIN versions v ON v.worker = l.worker AND v.version = l.version"
          + " WHERE l.worker > ? ORDER BY l.worker LIMIT ?";

  private final KnownRows known;
  private final ReaderThreads readers;

  public SqlCatalogReader(Path directory) {
    this.known = new KnownRows(directory);
    this.readers = new ReaderThreads(directory, Schema.CATALOG, THREADS, known::changed);
  }

  @Override
  public Optional<Version> latest(String worker) {
    return known.version(
        worker,
        null,
        () -> readers.ask(session -> session.one(LATEST, SqlCatalogReader::version, worker)));
  }

  @Override
  public Optional<Version> version(String worker, String version) {
    return known.version(
        worker,
        version,
        () ->
            readers.ask(
                session -> session.one(VERSION, SqlCatalogReader::version, worker, version)));
  }

  @Override
  public Optional<Version> recorded(String worker, String version) {
    return readers.ask(
        session -> session.one(RECORDED, SqlCatalogReader::version, worker, version));
  }

  @Override
  public Page<Version> versions(String worker, int limit, String after) {
    long before = after == null ? Long.MAX_VALUE : Cursor.revision(after);
    int wanted = Cursor.oneMore(limit);
    return Cursor.page(
        readers.ask(
            session -> session.all(VERSIONS, SqlCatalogReader::version, worker, before, wanted)),
        limit,
        version -> Cursor.of(version.revision()));
  }

  @Override
  public Page<Version> latestOfAll(int limit, String after) {
    String name = after == null ? "" : Cursor.name(after);
    int wanted = Cursor.oneMore(limit);
    return Cursor.page(
        readers.ask(session -> session.all(LATEST_OF_ALL, SqlCatalogReader::version, name, wanted)),
        limit,
        version -> Cursor.of(version.worker()));
  }

  @Override
  public LogState log() {
    return known.log(() -> readers.ask(LogRows::state));
  }

  @Override
  public LogPage page(long after, int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("limit is " + limit + "; expected 1 or more");
    }
    LogState now = log();
    return after >= now.head()
        ? new LogPage(now, List.of())
        : readers.ask(session -> session.together(() -> LogRows.page(session, after, limit)));
  }

  @Override
  public Page<Update> snapshot(long revision, int limit, String after) {
    return readers.ask(
        session -> session.together(() -> LogRows.statesByName(session, revision, limit, after)));
  }

  @Override
  public List<Update> snapshot(long revision, Collection<String> workers) {
    return readers.ask(
        session -> session.together(() -> LogRows.states(session, revision, workers)));
  }

  @Override
  public Set<String> ambiguous(Collection<Update> updates) {
    if (updates.isEmpty()) {
      return Set.of();
    }
    return readers.ask(session -> LogRows.ambiguous(session, updates));
  }

  @Override
  public List<Integer> counts(List<Span> spans, int most) {
    return spans.isEmpty()
        ? List.of()
        : readers.ask(session -> LogRows.counts(session, spans, most));
  }

  /** As {@link Catalog#unreferencedSince}; only where the writer has brought the schema along. */
  Optional<Instant> unreferencedSince(Digest digest) {
    return readers.ask(
        session ->
            session
                    .one(
                        "SELECT 1 FROM versions WHERE digest = ? AND deleted = 0 LIMIT 1",
                        row -> true,
                        digest.hex())
                    .isPresent()
                ? Optional.empty()
                : Optional.of(
                    session
                        .one(
                            "SELECT since FROM unreferenced WHERE digest = ?",
                            row -> Instant.ofEpochMilli(row.getLong(1)),
                            digest.hex())
                        .orElse(Instant.EPOCH)));
  }

  @Override
  public void check() {
    readers.probe(
        session -> {
          LogRows.state(session);
          return null;
        },
        PROBE_SECONDS,
        TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    readers.close();
    known.close();
  }

  /** Converts a row of {@link #VERSION_COLUMNS}. */
  static Version version(ResultSet row) throws SQLException {
    return new Version(
        row.getString(1),
        row.getString(2),
        new Digest(row.getString(3)),
        row.getLong(4),
        row.getString(5),
        Instant.ofEpochMilli(row.getLong(6)),
        row.getLong(7));
  }
}
