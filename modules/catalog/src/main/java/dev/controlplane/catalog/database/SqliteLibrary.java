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
 * Loads SQLite's native library. The driver unpacks it into a temporary directory of each process
 * and removes it only at an orderly exit. This class removes it as soon as it is loaded, so that a
 * killed server leaves no megabyte behind. If {@code org.sqlite.lib.path} names a directory with a
 * loadable library, the driver unpacks nothing.
 */
final class SqliteLibrary {
  /** The driver's system property for the directory to unpack into. */
  private static final String PLACE = "org.sqlite.tmpdir";

  /** Logs a stack trace for each place where it finds no library; the exception says enough. */
  private static final Logger DRIVER_LOG = Logger.getLogger(SQLiteJDBCLoader.class.getName());

  private static boolean loaded;

  private SqliteLibrary() {}

  /** Loads the library if it is not loaded yet. */
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
      // Some systems can't delete a loaded library. The driver tries again at exit.
    }
  }
}
