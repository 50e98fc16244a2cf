package dev.controlplane.catalog.database;

import dev.controlplane.catalog.failures.CatalogException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The tables of the database files. SQLite's {@code application_id} identifies this program's
 * files, and {@code user_version} is the version of the tables.
 */
public enum Schema {
  /**
   * The catalog.
   *
   * <ul>
   *   <li>Names compare as bytes of UTF-8 (SQLite's default collation).
   *   <li>{@code versions}: a deleted version keeps its row, and its name stays taken, until
   *       compaction removes the update that deleted it.
   *   <li>{@code unreferenced}: since when no version references a blob, for blobs that may still
   *       be on disk.
   *   <li>{@code meta}: one row. {@code head} is the newest revision, even if its update was
   *       removed; updates up to {@code compacted} may be missing; {@code log_id} and {@code epoch}
   *       identify the log.
   * </ul>
   */
  CATALOG(
      "catalog",
      0x43506361,
      2,
      3,
      "meta",
      """
      CREATE TABLE meta (
        log_id TEXT NOT NULL,
        epoch BIGINT NOT NULL,
        head BIGINT NOT NULL,
        compacted BIGINT NOT NULL);
      CREATE TABLE versions (
        worker TEXT NOT NULL,
        version TEXT NOT NULL,
        digest TEXT NOT NULL,
        size BIGINT NOT NULL,
        content_type TEXT NOT NULL,
        uploaded_at BIGINT NOT NULL,
        revision BIGINT NOT NULL,
        deleted INTEGER NOT NULL,
        PRIMARY KEY (worker, version));
      CREATE UNIQUE INDEX versions_newest ON versions (worker, revision);
      CREATE INDEX versions_digest ON versions (digest);
      CREATE TABLE unreferenced (
        digest TEXT NOT NULL PRIMARY KEY,
        since BIGINT NOT NULL);
      CREATE TABLE latest (
        worker TEXT NOT NULL PRIMARY KEY,
        version TEXT NOT NULL,
        revision BIGINT NOT NULL);
      CREATE TABLE updates (
        revision INTEGER NOT NULL PRIMARY KEY,
        kind INTEGER NOT NULL,
        worker TEXT NOT NULL,
        version TEXT NOT NULL,
        digest TEXT NOT NULL,
        size BIGINT NOT NULL,
        committed_at BIGINT NOT NULL,
        latest TEXT,
        latest_revision BIGINT NOT NULL);
      CREATE INDEX updates_of_worker ON updates (worker, revision);
      """) {
    @Override
    void fill(Session session) throws SQLException {
      session.change(
          "INSERT INTO meta (log_id, epoch, head, compacted) VALUES (?, 1, 0, 0)",
          UUID.randomUUID().toString());
    }

    // Version 3 adds the table unreferenced, makes times non-decreasing, and removes workers that
    // no longer exist.
    @Override
    void migrate(Session session, long now) throws SQLException {
      session.script(
          "CREATE TABLE unreferenced (digest TEXT NOT NULL PRIMARY KEY, since BIGINT NOT NULL)");
      session.change(
          "INSERT INTO unreferenced (digest, since) SELECT DISTINCT digest, ? FROM versions"
              + " WHERE deleted = 1"
              + " AND digest NOT IN (SELECT digest FROM versions WHERE deleted = 0)",
          now);
      session.change(
          "UPDATE updates SET committed_at = sorted.time FROM"
              + " (SELECT revision, MIN(MAX(committed_at) OVER (ORDER BY revision), ?) AS time"
              + " FROM updates) AS sorted"
              + " WHERE sorted.revision = updates.revision AND sorted.time <> committed_at",
          Math.max(now, LogClock.RELEASED.toEpochMilli()));
      session.change(
          "DELETE FROM versions WHERE deleted = 1 AND NOT EXISTS (SELECT 1 FROM updates, meta"
              + " WHERE updates.worker = versions.worker AND updates.version = versions.version"
              + " AND updates.kind = 3 AND updates.revision > meta.compacted)");
      session.change(
          "DELETE FROM updates WHERE latest IS NULL"
              + " AND revision <= (SELECT compacted FROM meta)");
    }
  },

  /**
   * The consumers: their interests and reports. Times are milliseconds since 1970. {@code log} has
   * one row: the update log that the revisions belong to. The worker {@code ''} in {@code
   * interests} stands for all workers. What a consumer has not reported is null, with revision 0.
   */
  CONSUMERS(
      "consumers",
      0x4350636f,
      2,
      3,
      "log",
      """
      CREATE TABLE log (
        log_id TEXT NOT NULL,
        epoch BIGINT NOT NULL);
      CREATE TABLE consumers (
        id TEXT NOT NULL PRIMARY KEY,
        endpoint TEXT NOT NULL,
        last_seen BIGINT NOT NULL,
        last_revision BIGINT NOT NULL);
      CREATE TABLE interests (
        consumer TEXT NOT NULL,
        worker TEXT NOT NULL,
        PRIMARY KEY (consumer, worker));
      CREATE INDEX interests_of_worker ON interests (worker, consumer);
      CREATE TABLE statuses (
        consumer TEXT NOT NULL,
        worker TEXT NOT NULL,
        acknowledged TEXT,
        acknowledged_revision BIGINT NOT NULL,
        acknowledged_at BIGINT NOT NULL,
        active TEXT,
        active_revision BIGINT NOT NULL,
        active_at BIGINT NOT NULL,
        rejected TEXT,
        rejected_revision BIGINT NOT NULL,
        rejected_at BIGINT NOT NULL,
        code TEXT NOT NULL,
        message TEXT NOT NULL,
        PRIMARY KEY (consumer, worker));
      CREATE INDEX statuses_of_worker ON statuses (worker, consumer);
      """) {
    @Override
    void fill(Session session) throws SQLException {
      session.change("INSERT INTO log (log_id, epoch) VALUES ('', 0)");
    }

    // Version 3 drops a column that nothing read.
    @Override
    void migrate(Session session, long now) throws SQLException {
      session.script("ALTER TABLE statuses DROP COLUMN checksum");
    }
  };

  private static final Pattern TABLE = Pattern.compile("CREATE TABLE (\\w+)");

  private final String title;
  private final int applicationId;
  private final int oldest;
  private final int version;
  private final String state;
  private final String tables;

  /**
   * Readers accept versions {@code oldest} to {@code version}. A writer upgrades to {@code
   * version}.
   */
  Schema(String title, int applicationId, int oldest, int version, String state, String tables) {
    this.title = title;
    this.applicationId = applicationId;
    this.oldest = oldest;
    this.version = version;
    this.state = state;
    this.tables = tables;
  }

  /** The name in file names and messages. */
  String title() {
    return title;
  }

  /** The database file in a data directory. */
  public Path in(Path directory) {
    return directory.resolve(title + ".db");
  }

  /** The file whose lock shows which process writes. */
  Path lockIn(Path directory) {
    return directory.resolve(title + ".lock");
  }

  /** Upgrades a database of the previous version. Called inside a transaction. */
  abstract void migrate(Session session, long now) throws SQLException;

  /** Inserts the first rows of a new database. */
  void fill(Session session) throws SQLException {}

  /** Creates all tables and their first rows in an empty database. */
  void make(Session session) throws SQLException {
    session.execute("BEGIN IMMEDIATE");
    session.execute("PRAGMA application_id = " + applicationId);
    session.execute("PRAGMA user_version = " + version);
    session.script(tables);
    fill(session);
    session.execute("COMMIT");
  }

  /**
   * Throws {@link CatalogException} if the database is not one that this release can read, or is
   * incomplete.
   */
  void verify(Session session) throws SQLException {
    long id = session.number("PRAGMA application_id");
    if (id != applicationId) {
      throw new CatalogException(
          "%s is an SQLite file but not a %s database of this program; choose another data directory"
              .formatted(session.file(), title));
    }
    long found = session.number("PRAGMA user_version");
    if (found > version) {
      throw new CatalogException(
          "%s has schema version %d, made by a newer release; this one reads up to %d: use the newer"
                  .formatted(session.file(), found, version)
              + " release");
    }
    if (found < oldest) {
      throw new CatalogException(
          "%s has schema version %d, which no release made; restore it from a backup"
              .formatted(session.file(), found));
    }
    requireWhole(session, found);
  }

  /**
   * Checks for missing tables. A file that is being restored may have its header but not its tables
   * yet.
   */
  private void requireWhole(Session session, long found) throws SQLException {
    // An older version lacks tables that the writer will add.
    Matcher table = TABLE.matcher(found == version ? tables : "");
    while (table.find()) {
      if (session
          .one(
              "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?",
              row -> true,
              table.group(1))
          .isEmpty()) {
        throw half(session, "it has no table " + table.group(1));
      }
    }
    if (session.number("SELECT COUNT(*) FROM " + state) != 1) {
      throw half(session, "its table " + state + " has not one row");
    }
  }

  private static CatalogException half(Session session, String how) {
    return new CatalogException(
        "%s is damaged: %s; restore it from a backup".formatted(session.file(), how));
  }

  /** Upgrades a database of the previous version to this one. Only for the writer. */
  void upgrade(Session session) throws SQLException {
    verify(session);
    if (session.number("PRAGMA user_version") == version) {
      return;
    }
    session.execute("BEGIN IMMEDIATE");
    try {
      migrate(session, System.currentTimeMillis());
      session.execute("PRAGMA user_version = " + version);
      session.execute("COMMIT");
    } catch (SQLException | RuntimeException e) {
      try {
        session.execute("ROLLBACK");
      } catch (SQLException rolledBack) {
        e.addSuppressed(rolledBack);
      }
      throw e;
    }
  }
}
