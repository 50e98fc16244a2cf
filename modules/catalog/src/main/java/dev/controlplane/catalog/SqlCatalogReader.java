package dev.controlplane.catalog;

import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Reads {@code catalog.db}; what is asked for most comes from {@link KnownRows}. */
final class SqlCatalogReader implements CatalogReader {
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

  private static final String UPDATE_COLUMNS =
      "SELECT revision, kind, worker, version, digest, size, committed_at, latest, latest_revision"
          + " FROM updates";

  private static final String UPDATES =
      UPDATE_COLUMNS + " WHERE revision > ? ORDER BY revision LIMIT ?";

  private static final String UPDATE = UPDATE_COLUMNS + " WHERE revision = ?";

  private static final String NEWEST_UP_TO =
      UPDATE_COLUMNS + " WHERE worker = ? AND revision <= ? ORDER BY revision DESC LIMIT 1";

  /** Steps from name to name in the index, however many updates each has. */
  private static final String NAMES =
      """
      WITH RECURSIVE names (name) AS (
        SELECT (SELECT MIN(worker) FROM updates WHERE worker > ?)
        UNION ALL
        SELECT (SELECT MIN(worker) FROM updates WHERE worker > name) FROM names
          WHERE name IS NOT NULL)
      SELECT name FROM names WHERE name IS NOT NULL LIMIT ?\
      """;

  private static final String ANY_VERSION =
      "SELECT digest, size FROM versions WHERE worker = ? AND version = ?";

  private static final String TWIN =
      "SELECT version FROM versions WHERE digest = ? AND worker = ? AND version <> ? LIMIT 1";

  static final String LOG = "SELECT log_id, epoch, head, compacted FROM meta";

  private final KnownRows known;
  private final ReaderThreads readers;

  SqlCatalogReader(Path directory) {
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
    return known.log(() -> readers.ask(SqlCatalogReader::log));
  }

  static LogState log(Session session) throws SQLException {
    return session
        .one(
            LOG,
            row -> new LogState(row.getString(1), row.getLong(2), row.getLong(3), row.getLong(4)))
        .orElseThrow(() -> damaged(session, "table meta is empty"));
  }

  @Override
  public LogPage page(long after, int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("limit is " + limit + "; expected 1 or more");
    }
    LogState now = log();
    return after >= now.head()
        ? new LogPage(now, List.of())
        : readers.ask(session -> session.together(() -> page(session, after, limit)));
  }

  private static LogPage page(Session session, long after, int limit) throws SQLException {
    return new LogPage(
        whole(session, after), session.all(UPDATES, SqlCatalogReader::update, after, limit));
  }

  /** The state of the log; throws if it is cut above the revision. */
  private static LogState whole(Session session, long revision) throws SQLException {
    LogState log = log(session);
    if (revision < log.compacted()) {
      throw new CompactedException(revision, log);
    }
    return log;
  }

  @Override
  public Page<Update> snapshot(long revision, int limit, String after) {
    return readers.ask(
        session ->
            session.together(
                () -> {
                  List<String> names = session.all(NAMES, row -> row.getString(1), after, limit);
                  List<Update> states = states(session, revision, names);
                  return new Page<>(states, names.size() < limit ? null : names.getLast());
                }));
  }

  @Override
  public List<Update> snapshot(long revision, Collection<String> workers) {
    return readers.ask(session -> session.together(() -> states(session, revision, workers)));
  }

  @Override
  public Set<String> ambiguous(Collection<Update> updates) {
    if (updates.isEmpty()) {
      return Set.of();
    }
    return readers.ask(
        session -> {
          Set<String> workers = new HashSet<>();
          for (Update one : updates) {
            String digest = one.digest().hex();
            if (session
                .one(TWIN, row -> row.getString(1), digest, one.worker(), one.version())
                .isPresent()) {
              workers.add(one.worker());
            }
          }
          return workers;
        });
  }

  private static List<Update> states(Session session, long revision, Collection<String> workers)
      throws SQLException {
    whole(session, revision);
    List<Update> states = new ArrayList<>();
    for (String worker : workers) {
      Optional<Update> newest =
          session.one(NEWEST_UP_TO, SqlCatalogReader::update, worker, revision);
      if (newest.isPresent()) {
        states.add(state(session, newest.get()));
      }
    }
    return states;
  }

  /** How a worker stands after its newest update. */
  private static Update state(Session session, Update newest) throws SQLException {
    if (newest.latest() == null) {
      return newest;
    }
    Update mover =
        newest.movedLatest()
            ? newest
            : session
                .one(UPDATE, SqlCatalogReader::update, newest.latestRevision())
                .orElseThrow(() -> damaged(session, "no update " + newest.latestRevision()));
    if (mover.kind() != Update.Kind.DELETED) {
      return mover;
    }
    return session
        .one(
            ANY_VERSION,
            row ->
                new Update(
                    mover.revision(),
                    Update.Kind.ROLLED_BACK,
                    newest.worker(),
                    newest.latest(),
                    new Digest(row.getString(1)),
                    row.getLong(2),
                    mover.committedAt(),
                    newest.latest(),
                    mover.revision()),
            newest.worker(),
            newest.latest())
        .orElseThrow(
            () ->
                damaged(
                    session, "no version %s of %s".formatted(newest.latest(), newest.worker())));
  }

  private static CatalogUnavailableException damaged(Session session, String how) {
    return new CatalogUnavailableException(
        "%s is damaged: %s; restore it from a backup".formatted(session.file(), how));
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
          log(session);
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

  /** From {@link #VERSION_COLUMNS}. */
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

  private static Update update(ResultSet row) throws SQLException {
    return new Update(
        row.getLong(1),
        Update.Kind.numbered(row.getInt(2)),
        row.getString(3),
        row.getString(4),
        new Digest(row.getString(5)),
        row.getLong(6),
        Instant.ofEpochMilli(row.getLong(7)),
        row.getString(8),
        row.getLong(9));
  }
}
