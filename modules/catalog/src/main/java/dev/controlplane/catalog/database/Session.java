package dev.controlplane.catalog.database;

import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.files.FileState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.JournalMode;
import org.sqlite.SQLiteConfig.SynchronousMode;
import org.sqlite.SQLiteConfig.TempStore;
import org.sqlite.SQLiteOpenMode;

/**
 * One connection to one database file, with its prepared statements. Not thread-safe; must be used
 * on a platform thread, because a call into SQLite pins a virtual thread's carrier.
 */
public final class Session implements AutoCloseable {
  /**
   * How long SQLite waits for another program's lock, in milliseconds. Shorter than the timeout of
   * health checks.
   */
  private static final int BUSY_MILLIS = 3000;

  /** After a checkpoint, the write-ahead log is truncated to this size in bytes. */
  private static final int LOG_BYTES = 16 * 1024 * 1024;

  /**
   * The size of the write-ahead log, in pages of 4 KiB, at which the writer runs a checkpoint. A
   * page that many transactions change is then copied into the database only once.
   */
  private static final int CHECKPOINT_PAGES = 4000;

  /**
   * The writer's page cache in KiB. It has to hold the indexes, whose names arrive in random order.
   */
  private static final int WRITER_CACHE_KIB = 16 * 1024;

  private static final String IMMUTABLE = "?immutable=1";

  /** Converts the current row of a result. */
  @FunctionalInterface
  public interface Row<T> {
    T from(ResultSet row) throws SQLException;
  }

  private final Path file;
  private final Connection connection;
  private final boolean immutable;
  private final Map<String, PreparedStatement> statements = new HashMap<>();
  private boolean changed;

  private Session(Path file, SQLiteConfig config, String parameters) throws SQLException {
    this.file = file;
    this.immutable = parameters.equals(IMMUTABLE);
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(file)) {
      throw new CatalogException(file + " is not a file; expected an SQLite database");
    }
    SqliteLibrary.load();
    config.setBusyTimeout(BUSY_MILLIS);
    config.setTempStore(TempStore.MEMORY);
    // Otherwise the driver would query the generated key after each INSERT, and nothing uses it.
    config.setGetGeneratedKeys(false);
    // A percent-encoded URI, so that no character of the path is read as a parameter.
    String path = file.toAbsolutePath().toUri().getRawPath();
    this.connection = config.createConnection("jdbc:sqlite:file:" + path + parameters);
  }

  /** Opens an existing database, or an empty file, for writing. */
  static Session toWrite(Path file) throws SQLException {
    return toWrite(file, "");
  }

  /** As {@link #toWrite(Path)}, with parameters of SQLite's URI. */
  static Session toWrite(Path file, String parameters) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.resetOpenMode(SQLiteOpenMode.CREATE);
    config.setJournalMode(JournalMode.WAL);
    config.setSynchronous(SynchronousMode.FULL);
    config.setJournalSizeLimit(LOG_BYTES);
    config.setCacheSize(-WRITER_CACHE_KIB);
    Session session = new Session(file, config, parameters);
    boolean opened = false;
    try {
      String mode = session.one("PRAGMA journal_mode", row -> row.getString(1)).orElse("none");
      if (!mode.equals("wal")) {
        throw new CatalogException(
            "%s has journal mode %s, expected wal: the file system of the data directory has no"
                    .formatted(file, mode)
                + " shared memory for SQLite; choose a data directory on a local file system");
      }
      session.execute("PRAGMA wal_autocheckpoint = " + CHECKPOINT_PAGES);
      opened = true;
      return session;
    } finally {
      if (!opened) {
        session.close();
      }
    }
  }

  /** Opens an existing database for reading. */
  public static Session toRead(Path file) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    return new Session(file, config, canNotChange(file) ? IMMUTABLE : "");
  }

  /**
   * Whether a database can't change: it is on a read-only mount and was closed cleanly. SQLite then
   * can't create the files that it shares with a writer, and does not need them. If a writer has
   * the same file system mounted writable, its log file shows beside the database.
   */
  private static boolean canNotChange(Path file) {
    try {
      return ReadOnlyMount.has(file) && !hasLog(file);
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean hasLog(Path file) {
    FileState log = FileState.of(Path.of(file + "-wal"));
    return log != null && log.size() > 0;
  }

  /** Whether a database that was opened as unchangeable may change now, and must be reopened. */
  boolean isOutdated() {
    return immutable && !canNotChange(file);
  }

  public Path file() {
    return file;
  }

  /** Runs one statement without parameters or result. The statement is not cached. */
  void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Runs several statements without parameters or result. */
  void script(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate(sql); // of JDBC's methods, only this one runs them all
    }
  }

  /** Several queries that see one state of the database, whatever is committed meanwhile. */
  @FunctionalInterface
  public interface Reading<T> {
    T read() throws SQLException;
  }

  /** Runs several queries on one state of the database. */
  public <T> T together(Reading<T> reading) throws SQLException {
    execute("BEGIN");
    try {
      return reading.read();
    } finally {
      execute("END");
    }
  }

  /** Changes rows, and returns how many. */
  public int change(String sql, Object... parameters) throws SQLException {
    changed = true;
    return prepared(sql, parameters).executeUpdate();
  }

  /** Whether rows were changed since the last call of this method. */
  boolean takeChanged() {
    boolean was = changed;
    changed = false;
    return was;
  }

  /** The first row of a query's result, if there is one. */
  public <T> Optional<T> one(String sql, Row<T> row, Object... parameters) throws SQLException {
    try (ResultSet rows = prepared(sql, parameters).executeQuery()) {
      return rows.next() ? Optional.of(row.from(rows)) : Optional.empty();
    }
  }

  /** All rows of a query's result. */
  public <T> List<T> all(String sql, Row<T> row, Object... parameters) throws SQLException {
    try (ResultSet rows = prepared(sql, parameters).executeQuery()) {
      List<T> found = new ArrayList<>();
      while (rows.next()) {
        found.add(row.from(rows));
      }
      return found;
    }
  }

  /** The number in the only row of a query's result. */
  public long number(String sql) throws SQLException {
    return one(sql, row -> row.getLong(1))
        .orElseThrow(() -> new CatalogException(file + " is damaged; restore it from a backup"));
  }

  private PreparedStatement prepared(String sql, Object... parameters) throws SQLException {
    PreparedStatement statement = statements.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      statements.put(sql, statement);
    }
    for (int i = 0; i < parameters.length; i++) {
      switch (parameters[i]) {
        case Long number -> statement.setLong(i + 1, number);
        case Integer number -> statement.setInt(i + 1, number);
        case String text -> statement.setString(i + 1, text);
        case null -> statement.setString(i + 1, null);
        default -> throw new IllegalArgumentException("parameter " + parameters[i]);
      }
    }
    return statement;
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
