package dev.controlplane.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.catalog.database.CommitSignal;
import dev.controlplane.catalog.database.Schema;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.CatalogUnavailableException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What writers do while their storage is away, and what they never make in its place. */
class StorageAwayTest {
  private static final StoredBlob BLOB = Blobs.of("bytes");

  @TempDir Path temp;

  @Test
  void nothingIsCommittedToACatalogThatWasMovedAway() throws IOException {
    Path data = temp.resolve("data");
    Path aside = temp.resolve("aside");
    try (Catalog catalog = DataDirectory.openCatalog(data)) {
      CatalogBlobs blobs = DataDirectory.openBlobs(data, catalog);
      catalog.publish("w", "1", BLOB, null);
      Files.move(data, aside);
      assertThrows(CatalogUnavailableException.class, () -> catalog.publish("w", "2", BLOB, null));
      assertThrows(CatalogUnavailableException.class, catalog::check);
      Waiting.until("uploads are refused", () -> refuses(blobs));
      assertFalse(Files.exists(data));
      Files.createDirectory(data);
      assertTrue(refuses(blobs));
      assertThrows(CatalogUnavailableException.class, () -> catalog.publish("w", "2", BLOB, null));
      assertEquals(0, data.toFile().list().length);
      Files.delete(data);
      Files.move(aside, data);
      assertEquals(2, catalog.publish("w", "2", BLOB, null).revision());
      Blobs.store(blobs, new byte[10]);
      assertEquals(2, catalog.head());
    }
  }

  private static boolean refuses(CatalogBlobs blobs) {
    try {
      blobs.receive().close();
      return false;
    } catch (CatalogException e) {
      return true;
    }
  }

  private boolean publishes(Catalog catalog, String version) {
    try {
      catalog.publish("w", version, BLOB, null);
      return true;
    } catch (CatalogUnavailableException e) {
      return false;
    }
  }

  @Test
  void nothingIsCommittedToACatalogThatWasReplacedAndWhatCameIsWrittenSoon() throws IOException {
    Path other = temp.resolve("other");
    DataDirectory.openCatalog(other).close();
    Path data = temp.resolve("data");
    Path aside = temp.resolve("aside");
    try (Catalog catalog = DataDirectory.openCatalog(data)) {
      catalog.publish("w", "1", BLOB, null);
      String first = catalog.log().id();
      Files.move(data, aside);
      Files.move(other, data);
      assertThrows(CatalogUnavailableException.class, () -> catalog.publish("w", "2", BLOB, null));
      Waiting.until("the other catalog is written", () -> publishes(catalog, "3"));
      catalog.check();
      assertNotEquals(first, catalog.log().id());
      assertEquals(1, catalog.head());
      CatalogException held =
          assertThrows(CatalogException.class, () -> DataDirectory.openCatalog(data));
      assertTrue(held.getMessage().contains("this process"), held.getMessage());
    }
    try (Catalog former = DataDirectory.openCatalog(aside)) {
      assertEquals(1, former.head());
    }
  }

  @Test
  void aBackupThatIsRestoredUnderARunningWriterIsALogThatWentBack() throws IOException {
    Path backup = temp.resolve("backup.db");
    Path data = temp.resolve("data");
    try (Catalog catalog = DataDirectory.openCatalog(data)) {
      catalog.publish("w", "1", BLOB, null);
    }
    Path file = Schema.CATALOG.in(data);
    Files.copy(file, backup);
    try (Catalog catalog = DataDirectory.openCatalog(data)) {
      catalog.publish("w", "2", BLOB, null);
      for (String suffix : new String[] {"", "-wal", "-shm"}) {
        Files.move(Path.of(file + suffix), temp.resolve("former.db" + suffix));
      }
      Files.move(backup, file);
      Waiting.until("the backup is written", () -> publishes(catalog, "3"));
      assertEquals(2, catalog.head());
      assertEquals(2, catalog.log().epoch());
      assertTrue(catalog.version("w", "2").isEmpty());
    }
  }

  @Test
  void whatCannotBeACatalogIsToldAsTheReasonUntilACatalogComes() throws IOException {
    Path data = temp.resolve("data");
    try (Catalog catalog = DataDirectory.openCatalog(data)) {
      Path file = Schema.CATALOG.in(data);
      Path aside = temp.resolve("aside.db");
      Files.move(file, aside);
      Files.writeString(file, "not a database, though of some length ".repeat(100));
      Waiting.until(
          "the reason is told",
          () ->
              assertThrows(CatalogUnavailableException.class, catalog::check)
                  .getMessage()
                  .contains("is not an SQLite database"));
      Files.delete(file);
      Files.move(aside, file);
      Waiting.until("the catalog is written again", () -> publishes(catalog, "1"));
    }
  }

  @Test
  void aSignalFileThatIsReplacedMisleadsNobody() throws IOException {
    try (Catalog catalog = DataDirectory.openCatalog(temp);
        CatalogReader before = DataDirectory.openReader(temp)) {
      catalog.publish("w", "1", BLOB, null);
      assertEquals("1", before.latest("w").orElseThrow().version());
      Path signal = CommitSignal.in(temp);
      Path copy = temp.resolve(".copy");
      Files.copy(signal, copy);
      Files.move(copy, signal, StandardCopyOption.REPLACE_EXISTING);
      try (CatalogReader after = DataDirectory.openReader(temp)) {
        for (int i = 2; i <= 5; i++) {
          catalog.publish("w", "" + i, BLOB, null);
          assertEquals("" + i, before.latest("w").orElseThrow().version());
          assertEquals("" + i, after.latest("w").orElseThrow().version());
        }
      }
      Files.delete(signal);
      catalog.publish("w", "6", BLOB, null);
      assertEquals("6", before.latest("w").orElseThrow().version());
      assertTrue(Files.exists(signal));
    }
  }

  @Test
  void aSignalFileThatIsCutShortMisleadsNobody() throws IOException {
    try (Catalog catalog = DataDirectory.openCatalog(temp);
        CatalogReader reader = DataDirectory.openReader(temp)) {
      for (int i = 1; i <= 5; i++) {
        catalog.publish("w", "" + i, BLOB, null);
        assertEquals("" + i, reader.latest("w").orElseThrow().version());
        try (RandomAccessFile signal =
            new RandomAccessFile(temp.resolve("catalog.commits").toFile(), "rw")) {
          signal.setLength(0);
        }
        assertEquals("" + i, reader.latest("w").orElseThrow().version());
      }
    }
  }

  @Test
  void awaitedConsumersMakeNothingWithoutACatalogAndAreOpenedBesideOne() throws IOException {
    Path data = temp.resolve("data");
    Instant now = Instant.ofEpochMilli(1);
    try (Consumers consumers = DataDirectory.awaitConsumers(data, _ -> {})) {
      assertThrows(CatalogUnavailableException.class, () -> consumers.register("c", "", now));
      assertFalse(Files.exists(data));
      Files.createDirectory(data);
      assertThrows(CatalogUnavailableException.class, consumers::check);
      assertEquals(0, data.toFile().list().length);
      DataDirectory.openCatalog(data).close();
      Waiting.until("the consumers are opened", () -> isThere(consumers));
      consumers.register("c", "", now);

      Path aside = temp.resolve("aside");
      Files.move(data, aside);
      Waiting.until("the consumers are away", () -> !isThere(consumers));
      assertFalse(Files.exists(data));
      Files.move(aside, data);
      Waiting.until("the consumers are back", () -> isThere(consumers));
      assertTrue(consumers.find("c").isPresent());
    }
  }

  private static boolean isThere(Consumers consumers) {
    try {
      consumers.find("c");
      return true;
    } catch (CatalogUnavailableException e) {
      return false;
    }
  }

  @Test
  void aSecondProcesssConsumersAreRefused() {
    DataDirectory.openCatalog(temp).close();
    try (Consumers first = DataDirectory.awaitConsumers(temp, _ -> {})) {
      first.check();
      assertThrows(CatalogException.class, () -> DataDirectory.awaitConsumers(temp, _ -> {}));
    }
  }

  @Test
  void filesFollowTheGroupsRightsOnTheDataDirectory() throws IOException {
    Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxr-x---"));
    try (Catalog catalog = DataDirectory.openCatalog(temp)) {
      catalog.publish("w", "1", BLOB, null);
      for (String name : new String[] {"catalog.db", "catalog.commits", "catalog.lock"}) {
        assertEquals(
            "rw-r-----",
            PosixFilePermissions.toString(Files.getPosixFilePermissions(temp.resolve(name))),
            name);
      }
    }
  }

  @Test
  void hiddenEntriesOfOthersAreNoObstacle() throws IOException {
    for (String name : new String[] {".snapshot", "lost+found", ".Trash-0"}) {
      Files.createDirectories(temp.resolve(name).resolve("below"));
    }
    Files.createDirectories(temp.resolve("blobs/tmp/.snapshot/below"));
    Files.createFile(temp.resolve(".nfs000000000001"));
    DataDirectory.openCatalog(temp).close();
    DataDirectory.openReader(temp).close();
  }
}
