package dev.controlplane.catalog;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Writes {@code catalog.db}. Each change is one transaction's part: the version, the pointer to the
 * latest and the update with the next revision become visible together or not at all. The revision
 * is a counter in the database that only the transaction moves, so it has no gap and follows the
 * order of commits.
 */
final class SqlCatalog implements Catalog {
  private static final String VERSION =
      "SELECT "
          + SqlCatalogReader.VERSION_COLUMNS
          + ", v.deleted FROM versions v WHERE v.worker = ? AND v.version = ?";

  /** Notes that a blob is not referred to any more, unless it is. */
  private static final String UNREFERENCED =
      """
      INSERT INTO unreferenced (digest, since) SELECT ?1, ?2
        WHERE NOT EXISTS (SELECT 1 FROM versions WHERE digest = ?1 AND deleted = 0)
      ON CONFLICT (digest) DO UPDATE SET since = excluded.since\
      """;

  /** A version as it is stored. */
  private record Row(Version version, boolean deleted) {}

  /** Which version is the latest, and the update that made it so; null and 0 for none. */
  private record Latest(String version, long revision) {}

  private final Awaited<CatalogWriter> writer;

  /** One writer at a time uses these, in its thread. */
  private final Revisions revisions = new Revisions();

  private final LogClock clock = new LogClock(InstantSource.system());
  private final SqlCatalogReader reader;

  private SqlCatalog(Path directory, Consumer<Throwable> onWriterDeath) throws IOException {
    this.writer =
        new Awaited<>(
            Schema.CATALOG.in(directory),
            () -> CatalogWriter.open(directory, false, revisions, clock, onWriterDeath),
            CatalogWriter::close);
    writer.open(() -> CatalogWriter.open(directory, true, revisions, clock, onWriterDeath));
    this.reader = new SqlCatalogReader(directory);
  }

  /**
   * Opens the catalog, making it if it is missing. Later it is opened anew, and never made, when
   * another file has come in its place.
   *
   * @param onWriterDeath as for {@link GroupCommit}
   */
  static SqlCatalog open(Path directory, Consumer<Throwable> onWriterDeath) throws IOException {
    return new SqlCatalog(directory, onWriterDeath);
  }

  @Override
  public Change publish(String worker, String version, StoredBlob blob, String contentType) {
    String type = ContentTypes.of(contentType, worker);
    PublishEvent event = PublishEvent.begun();
    Change change = writer.now().commit(session -> publish(session, worker, version, blob, type));
    event.ended(change);
    return change;
  }

  private Change publish(
      Session session, String worker, String version, StoredBlob blob, String contentType)
      throws SQLException {
    Optional<Row> found = find(session, worker, version);
    if (found.isPresent()) {
      Row row = found.get();
      if (!row.version().digest().equals(blob.digest())) {
        throw new VersionConflictException(
            "version %s of %s %s with other bytes (%s); versions are immutable: use another number"
                .formatted(
                    version,
                    worker,
                    row.deleted() ? "was published and deleted" : "is published already",
                    row.version().digest()));
      }
      if (!row.deleted()) {
        return new Change(row.version(), row.version().revision(), false);
      }
    }
    Instant now = clock.next(session);
    long revision = revisions.next(session);
    session.change(
        "INSERT INTO versions"
            + " (worker, version, digest, size, content_type, uploaded_at, revision, deleted)"
            + " VALUES (?, ?, ?, ?, ?, ?, ?, 0)"
            + " ON CONFLICT (worker, version) DO UPDATE SET content_type = excluded.content_type,"
            + " uploaded_at = excluded.uploaded_at, revision = excluded.revision, deleted = 0",
        worker,
        version,
        blob.digest().hex(),
        blob.size(),
        contentType,
        now.toEpochMilli(),
        revision);
    Version published =
        new Version(worker, version, blob.digest(), blob.size(), contentType, now, revision);
    session.change("DELETE FROM unreferenced WHERE digest = ?", blob.digest().hex());
    pointLatest(session, worker, version, revision);
    log(session, revision, Update.Kind.PUBLISHED, published, now, new Latest(version, revision));
    return new Change(published, revision, true);
  }

  @Override
  public Change moveLatest(String worker, String version) {
    return writer
        .now()
        .commit(
            session -> {
              Version target = live(session, worker, version);
              Latest latest = latest(session, worker);
              if (latest.version().equals(version)) {
                return new Change(target, latest.revision(), false);
              }
              long revision = revisions.next(session);
              pointLatest(session, worker, version, revision);
              log(
                  session,
                  revision,
                  Update.Kind.ROLLED_BACK,
                  target,
                  clock.next(session),
                  new Latest(version, revision));
              return new Change(target, revision, true);
            });
  }

  @Override
  public Change delete(String worker, String version) {
    return writer
        .now()
        .commit(
            session -> {
              Version target = live(session, worker, version);
              Latest latest = latest(session, worker);
              Instant now = clock.next(session);
              long revision = revisions.next(session);
              session.change(
                  "UPDATE versions SET deleted = 1 WHERE worker = ? AND version = ?",
                  worker,
                  version);
              session.change(UNREFERENCED, target.digest().hex(), now.toEpochMilli());
              if (latest.version().equals(version)) {
                Optional<String> newest =
                    session.one(
                        "SELECT version FROM versions WHERE worker = ? AND deleted = 0"
                            + " ORDER BY revision DESC LIMIT 1",
                        row -> row.getString(1),
                        worker);
                if (newest.isPresent()) {
                  latest = new Latest(newest.get(), revision);
                  pointLatest(session, worker, newest.get(), revision);
                } else {
                  latest = new Latest(null, 0);
                  session.change("DELETE FROM latest WHERE worker = ?", worker);
                }
              }
              log(session, revision, Update.Kind.DELETED, target, now, latest);
              return new Change(target, revision, true);
            });
  }

  private Version live(Session session, String worker, String version) throws SQLException {
    return find(session, worker, version)
        .filter(row -> !row.deleted())
        .map(Row::version)
        .orElseThrow(
            () -> new UnknownVersionException("there is no version " + version + " of " + worker));
  }

  private static Optional<Row> find(Session session, String worker, String version)
      throws SQLException {
    return session.one(
        VERSION,
        row -> new Row(SqlCatalogReader.version(row), row.getInt(8) != 0),
        worker,
        version);
  }

  private static Latest latest(Session session, String worker) throws SQLException {
    return session
        .one(
            "SELECT version, revision FROM latest WHERE worker = ?",
            row -> new Latest(row.getString(1), row.getLong(2)),
            worker)
        .orElseThrow(
            () ->
                new CatalogException(
                    session.file() + " is damaged: no latest of " + worker + "; restore a backup"));
  }

  private static void pointLatest(Session session, String worker, String version, long revision)
      throws SQLException {
    session.change(
        "INSERT INTO latest (worker, version, revision) VALUES (?, ?, ?)"
            + " ON CONFLICT (worker) DO UPDATE"
            + " SET version = excluded.version, revision = excluded.revision",
        worker,
        version,
        revision);
  }

  private static void log(
      Session session, long revision, Update.Kind kind, Version about, Instant at, Latest latest)
      throws SQLException {
    session.change(
        "INSERT INTO updates (revision, kind, worker, version, digest, size, committed_at, latest,"
            + " latest_revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        revision,
        kind.number(),
        about.worker(),
        about.version(),
        about.digest().hex(),
        about.size(),
        at.toEpochMilli(),
        latest.version(),
        latest.revision());
  }

  @Override
  public long compact(long revision) {
    return writer.now().commit(session -> Compaction.compact(session, revision));
  }

  @Override
  public Optional<Instant> unreferencedSince(Digest digest) {
    return reader.unreferencedSince(digest);
  }

  @Override
  public void collected(Instant before) {
    writer
        .now()
        .commit(
            session -> {
              session.change("DELETE FROM unreferenced WHERE since < ?", before.toEpochMilli());
              return null;
            });
  }

  @Override
  public WriterStatus status() {
    CatalogWriter now = writer.opened();
    return now == null ? new WriterStatus(0, 0, 0, 0) : now.status();
  }

  @Override
  public Optional<Version> latest(String worker) {
    return reader.latest(worker);
  }

  @Override
  public Optional<Version> version(String worker, String version) {
    return reader.version(worker, version);
  }

  @Override
  public Optional<Version> recorded(String worker, String version) {
    return reader.recorded(worker, version);
  }

  @Override
  public Page<Version> versions(String worker, int limit, String after) {
    return reader.versions(worker, limit, after);
  }

  @Override
  public Page<Version> latestOfAll(int limit, String after) {
    return reader.latestOfAll(limit, after);
  }

  @Override
  public LogState log() {
    return reader.log();
  }

  @Override
  public LogPage page(long after, int limit) {
    return reader.page(after, limit);
  }

  @Override
  public Page<Update> snapshot(long revision, int limit, String after) {
    return reader.snapshot(revision, limit, after);
  }

  @Override
  public List<Update> snapshot(long revision, Collection<String> workers) {
    return reader.snapshot(revision, workers);
  }

  @Override
  public Set<String> ambiguous(Collection<Update> updates) {
    return reader.ambiguous(updates);
  }

  @Override
  public void check() {
    writer.now().check();
    reader.check();
  }

  @Override
  public void close() {
    writer.close();
    // Last, for a connection that only reads leaves the write-ahead log's files where readers in
    // other processes expect them.
    reader.close();
  }
}
