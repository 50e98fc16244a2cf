package dev.controlplane.catalog;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What our database files hold and how they are told from others: SQLite's {@code application_id}
 * names the program, {@code user_version} the form of the tables.
 */
enum Schema {
  /**
   * Names compare as bytes of UTF-8 (SQLite's default collation). A deleted version keeps its row:
   * its number stays used. {@code meta} has one row; {@code head} is the newest revision, also when
   * the log behind it has been cut; updates up to {@code compacted} may be missing; {@code log_id}
   * and {@code epoch} tell one log from another.
   */
  CATALOG(
      "catalog",
      0x43506361,
      2,
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
  },

  /**
   * Who receives workers, which, and what became of them. Times are milliseconds since 1970. {@code
   * log} has one row: the update log that revisions here are of. The worker {@code ''} stands for
   * all. What a consumer has not told is null, and its revision 0.
   */
  CONSUMERS(
      "consumers",
      0x4350636f,
      2,
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
        checksum TEXT NOT NULL,
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
  };

  private static final Pattern TABLE = Pattern.compile("CREATE TABLE (\\w+)");

  private final String title;
  private final int applicationId;
  private final int version;
  private final String state;
  private final String tables;

  Schema(String title, int applicationId, int version, String state, String tables) {
    this.title = title;
    this.applicationId = applicationId;
    this.version = version;
    this.state = state;
    this.tables = tables;
  }

  /** What people call it. */
  String title() {
    return title;
  }

  /** The database file in a data directory. */
  Path in(Path directory) {
    return directory.resolve(title + ".db");
  }

  /** The file whose lock says which process writes. */
  Path lockIn(Path directory) {
    return directory.resolve(title + ".lock");
  }

  /** The rows of a new database. */
  void fill(Session session) throws SQLException {}

  /**
   * Makes the database unless it is there. It appears under its name only when it is whole, so a
   * reader never sees half of one.
   */
  void create(Path directory) throws IOException {
    Path file = in(directory);
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Path log = Path.of(file + "-wal");
    if (Files.exists(log) && Files.size(log) > 0) {
      // SQLite would replay this log of a lost database into the new one.
      throw new CatalogException(
          "%s is missing but its log %s is there; put the database back from a backup, or remove the"
                  .formatted(file, log.getFileName())
              + " log to start with nothing");
    }
    Files.deleteIfExists(log);
    Files.deleteIfExists(Path.of(file + "-shm"));
    Path draft = directory.resolve(title + ".db-new");
    for (String suffix : List.of("", "-journal", "-wal", "-shm")) {
      Files.deleteIfExists(Path.of(draft + suffix));
    }
    Files.createFile(draft, Directories.forFileIn(directory));
    try (Session session = Session.toWrite(draft)) {
      session.execute("BEGIN IMMEDIATE");
      session.execute("PRAGMA application_id = " + applicationId);
      session.execute("PRAGMA user_version = " + version);
      session.script(tables);
      fill(session);
      session.execute("COMMIT");
    } catch (SQLException e) {
      throw StorageErrors.of(e, draft);
    }
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    Directories.sync(directory);
  }

  /**
   * Throws {@link CatalogException} if the database is not one of ours that we can read, or is only
   * half there.
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
    if (found < version) {
      throw new CatalogException(
          "%s has schema version %d, which no release made; restore it from a backup"
              .formatted(session.file(), found));
    }
    requireWhole(session);
  }

  /** A file that a restore has only begun to write may have the header and not the tables. */
  private void requireWhole(Session session) throws SQLException {
    Matcher table = TABLE.matcher(tables);
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
}
