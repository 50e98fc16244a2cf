package dev.controlplane.catalog.database;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.sqlite.SQLiteJDBCLoader;

/**
 * SQLite's native library. The driver unpacks it into the temporary directory of each process and
 * relies on an orderly end to remove it; here it is removed as soon as it is loaded, so that a
 * killed server leaves no megabyte behind. Where {@code org.sqlite.lib.path} names a directory with
 * one that can be loaded, the driver unpacks nothing.
 */
final class SqliteLibrary {
  /** The driver's setting for where to unpack. */
  private static final String PLACE = "org.sqlite.tmpdir";

  /** Logs a stack trace for each place where it finds no library; the exception says enough. */
  private static final Logger DRIVER_LOG = Logger.getLogger(SQLiteJDBCLoader.class.getName());

  private static boolean loaded;

  private SqliteLibrary() {}

  /** Loads the library unless it is loaded. */
  static synchronized void load() throws SQLException {
    if (loaded) {
      return;
    }
    DRIVER_LOG.setLevel(Level.OFF);
    try {
      if (System.getProperty(PLACE) == null) {
        loadFromOwnDirectory();
      } else {
        SQLiteJDBCLoader.initialize();
      }
      loaded = true;
    } catch (Exception e) {
      throw new SQLException(
          "the SQLite library can't be loaded by way of the temporary directory %s; start Java with -Djava.io.tmpdir=DIR, a directory that this user can write to and that is not mounted noexec"
              .formatted(System.getProperty("java.io.tmpdir")),
          e);
    }
  }

  private static void loadFromOwnDirectory() throws Exception {
    Path own = Files.createTempDirectory("sqlite-");
    System.setProperty(PLACE, own.toString());
    try {
      SQLiteJDBCLoader.initialize();
    } finally {
      System.clearProperty(PLACE);
      remove(own);
    }
  }

  private static void remove(Path directory) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        Files.delete(file);
      }
      Files.delete(directory);
    } catch (IOException e) {
      // A system that does not let go of a loaded library: the driver tries again at the end.
    }
  }
}
