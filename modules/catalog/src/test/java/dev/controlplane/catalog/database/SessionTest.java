package dev.controlplane.catalog.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.catalog.failures.CatalogException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionTest {
  @TempDir Path directory;

  @Test
  void aFileSystemWithoutSharedMemoryIsRefusedWithASentence() throws Exception {
    Path file = Files.createFile(directory.resolve("a.db"));
    // SQLite's way to files where only files can be locks: without shared memory, so without WAL.
    CatalogException e =
        assertThrows(
            CatalogException.class, () -> Session.toWrite(file, "?vfs=unix-dotfile").close());
    assertTrue(
        e.getMessage()
            .startsWith(
                file
                    + " has journal mode delete, expected wal: the file system of the data"
                    + " directory has no shared memory for SQLite"),
        e.getMessage());
    try (Session session = Session.toWrite(file)) {
      assertEquals(
          "wal", session.one("PRAGMA journal_mode", row -> row.getString(1)).orElseThrow());
    }
  }

  @Test
  void aDatabaseThatIsGoneIsNotMadeByOpeningIt() {
    Path file = directory.resolve("gone.db");
    assertThrows(java.sql.SQLException.class, () -> Session.toWrite(file).close());
    assertEquals(0, directory.toFile().list().length);
  }
}
