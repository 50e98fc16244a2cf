package dev.controlplane.catalog.sql;

import dev.controlplane.catalog.Catalog.Change;
import dev.controlplane.catalog.StoredBlob;
import dev.controlplane.catalog.Update;
import dev.controlplane.catalog.Version;
import dev.controlplane.catalog.database.LogClock;
import dev.controlplane.catalog.database.Session;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.NotLatestException;
import dev.controlplane.catalog.failures.UnknownVersionException;
import dev.controlplane.catalog.failures.VersionConflictException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/**
 * The changes of the catalog in SQL, inside the writer's transaction. The version, the pointer to
 * the latest version and the update with its revision become visible together or not at all.
 */
final class CatalogChanges {
  private static final String VERSION =
      "SELECT "
          + SqlCatalogReader.VERSION_COLUMNS
          + ", v.deleted FROM versions v WHERE v.worker = ? AND v.version = ?";

  /** Records that a blob is unreferenced, unless a version references it. */
  private static final String UNREFERENCED =
      """
      INSERT INTO unreferenced (digest, since) SELECT ?1, ?2
        WHERE NOT EXISTS (SELECT 1 FROM versions WHERE digest = ?1 AND deleted = 0)
      ON CONFLICT (digest) DO UPDATE SET since = excluded.since\
      """;

  /** A stored version. */
  private record Row(Version version, boolean deleted) {}

  /** The latest version and the revision that made it so; null and 0 for none. */
  private record Latest(String version, long revision) {}

  private final Revisions revisions;
  private final LogClock clock;

  CatalogChanges(Revisions revisions, LogClock clock) {
    this.revisions = revisions;
    this.clock = clock;
  }

  /** As {@link SqlCatalog#publish}, with a known content type. */
  Change publish(
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

  /** As {@link SqlCatalog#moveLatest}. */
  Change moveLatest(Session session, String worker, String version) throws SQLException {
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
  }

  /** As {@link SqlCatalog#retry}. */
  Change retry(Session session, String worker, String version, String consumer)
      throws SQLException {
    Version target = live(session, worker, version);
    Latest latest = latest(session, worker);
    if (!latest.version().equals(version)) {
      throw new NotLatestException(
          "version %1$s of %2$s is not the latest, %3$s is: retry %3$s, or roll back to %1$s, which consumers then try"
              .formatted(version, worker, latest.version()));
    }
    long revision = revisions.next(session);
    if (consumer.isEmpty()) {
      latest = new Latest(version, revision);
      pointLatest(session, worker, version, revision);
    } else {
      Retries.add(session, revision, consumer);
    }
    log(session, revision, Update.Kind.ROLLED_BACK, target, clock.next(session), latest);
    return new Change(target, revision, true);
  }

  /** As {@link SqlCatalog#delete}. */
  Change delete(Session session, String worker, String version) throws SQLException {
    Version target = live(session, worker, version);
    Latest latest = latest(session, worker);
    Instant now = clock.next(session);
    long revision = revisions.next(session);
    session.change(
        "UPDATE versions SET deleted = 1 WHERE worker = ? AND version = ?", worker, version);
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
}
