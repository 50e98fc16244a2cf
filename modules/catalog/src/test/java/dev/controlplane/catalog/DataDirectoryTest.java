package dev.controlplane.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.catalog.database.Schema;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.CatalogUnavailableException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a data directory may be, and what is said of one that isn't. */
class DataDirectoryTest {
  private static final StoredBlob BLOB = Blobs.of("bytes");

  @TempDir Path temp;

  /** The ways to open a directory; each must say what is wrong with it. */
  enum Opening {
    CATALOG,
    READER,
    CONSUMERS,
    BLOBS;

    private void open(Path directory) {
      switch (this) {
        case CATALOG -> DataDirectory.openCatalog(directory).close();
        case READER -> DataDirectory.openReader(directory).close();
        case CONSUMERS -> DataDirectory.openConsumers(directory).close();
        case BLOBS -> DataDirectory.openBlobs(directory);
      }
    }

    String refusal(Path directory) {
      CatalogException e = assertThrows(CatalogException.class, () -> open(directory), name());
      String message = e.getMessage();
      assertFalse(message.contains("\n"), message);
      assertFalse(message.contains("Exception"), message);
      return message;
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFileIsNoDataDirectory(Opening opening) throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "text");
    assertEquals(
        file + " is not a directory; expected the data directory, or nothing there yet",
        opening.refusal(file));
  }

  @ParameterizedTest
  @EnumSource(names = {"CATALOG", "CONSUMERS"})
  void aDirectoryThatCannotBeMadeIsToldWithItsReason(Opening opening) throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "text");
    Path below = file.resolve("below");
    String message = opening.refusal(below);
    assertTrue(message.startsWith("can't use the data directory " + below + ": "), message);
  }

  @ParameterizedTest
  @EnumSource(names = {"CATALOG", "CONSUMERS"})
  void aFileSystemThatTakesNoFilesIsNotCalledFull(Opening opening) {
    String message = opening.refusal(Path.of("/proc/data"));
    assertTrue(message.startsWith("can't use the data directory /proc/data: "), message);
  }

  @ParameterizedTest
  @EnumSource
  void aDirectoryOfSomebodyElseIsLeftAlone(Opening opening) throws IOException {
    Files.writeString(temp.resolve("thesis.txt"), "text");
    assertEquals(
        temp
            + " is not empty (it has thesis.txt) and has no catalog; choose an empty directory, or"
            + " that of an earlier start",
        opening.refusal(temp));
    assertEquals(List.of("thesis.txt"), names(temp));
  }

  @ParameterizedTest
  @EnumSource(names = {"CATALOG", "READER"})
  void anotherProgramsDatabaseIsLeftAlone(Opening opening) throws IOException, SQLException {
    Path file = Schema.CATALOG.in(temp);
    sql(file, "CREATE TABLE recipes (name TEXT)");
    byte[] before = Files.readAllBytes(file);
    assertEquals(
        file
            + " is an SQLite file but not a catalog database of this program; choose another data"
            + " directory",
        opening.refusal(temp));
    assertEquals(new String(before, StandardCharsets.ISO_8859_1), content(file));
  }

  @ParameterizedTest
  @EnumSource(names = {"CATALOG", "READER"})
  void aFileThatIsNoDatabaseIsLeftAlone(Opening opening) throws IOException {
    Path file = Schema.CATALOG.in(temp);
    Files.writeString(file, "not a database, though of some length ".repeat(100));
    String message = opening.refusal(temp);
    assertTrue(message.startsWith(file + " is not an SQLite database, or is damaged"), message);
    Files.writeString(file, "");
    message = opening.refusal(temp);
    assertTrue(message.startsWith(file + " is an SQLite file but not a catalog"), message);
  }

  @ParameterizedTest
  @EnumSource(names = {"CATALOG", "READER"})
  void aDirectoryInPlaceOfTheDatabaseIsTold(Opening opening) throws IOException {
    Path file = Files.createDirectory(Schema.CATALOG.in(temp));
    assertEquals(file + " is not a file; expected an SQLite database", opening.refusal(temp));
  }

  @ParameterizedTest
  @EnumSource(names = {"CATALOG", "READER"})
  void aNewerSchemaIsRefused(Opening opening) throws SQLException {
    DataDirectory.openCatalog(temp).close();
    sql(Schema.CATALOG.in(temp), "PRAGMA user_version = 7");
    assertEquals(
        Schema.CATALOG.in(temp)
            + " has schema version 7, made by a newer release; this one reads up to 3: use the"
            + " newer release",
        opening.refusal(temp));
  }

  @Test
  void aCatalogOfTheReleaseBeforeIsReadAndBroughtAlongByItsWriter() throws SQLException {
    try (Catalog catalog = DataDirectory.openCatalog(temp)) {
      catalog.publish("w", "1", BLOB, null);
      catalog.delete("w", "1");
    }
    sql(Schema.CATALOG.in(temp), "DROP TABLE unreferenced");
    sql(Schema.CATALOG.in(temp), "PRAGMA user_version = 2");
    try (CatalogReader reader = DataDirectory.openReader(temp)) {
      assertEquals(2, reader.head());
      Instant before = Instant.now().minusMillis(1);
      try (Catalog catalog = DataDirectory.openCatalog(temp)) {
        assertTrue(catalog.unreferencedSince(BLOB.digest()).orElseThrow().isAfter(before));
        catalog.publish("w", "2", BLOB, null);
        assertEquals(3, reader.head());
        assertEquals("2", reader.latest("w").orElseThrow().version());
      }
    }
    DataDirectory.openCatalog(temp).close();
  }

  @Test
  void consumersOfTheReleaseBeforeAreBroughtAlong() throws SQLException {
    DataDirectory.openConsumers(temp).close();
    sql(
        Schema.CONSUMERS.in(temp),
        "ALTER TABLE statuses ADD COLUMN checksum TEXT NOT NULL DEFAULT ''");
    sql(Schema.CONSUMERS.in(temp), "PRAGMA user_version = 2");
    try (Consumers consumers = DataDirectory.openConsumers(temp)) {
      consumers.register("c", "", Instant.now());
      assertTrue(consumers.find("c").isPresent());
    }
  }

  @Test
  void aNewerSchemaOfConsumersIsRefused() throws SQLException {
    DataDirectory.openConsumers(temp).close();
    sql(Schema.CONSUMERS.in(temp), "PRAGMA user_version = 9");
    String message = Opening.CONSUMERS.refusal(temp);
    assertTrue(message.contains("consumers.db has schema version 9, made by a newer"), message);
  }

  @ParameterizedTest
  @EnumSource(names = {"CATALOG", "READER"})
  void aDamagedDatabaseIsTold(Opening opening) throws IOException {
    try (Catalog catalog = DataDirectory.openCatalog(temp)) {
      catalog.publish("w", "1", BLOB, null);
    }
    Path file = Schema.CATALOG.in(temp);
    try (RandomAccessFile damage = new RandomAccessFile(file.toFile(), "rw")) {
      for (long at = 100; at < damage.length(); at += 64) {
        damage.seek(at);
        damage.writeLong(0x5a5a5a5a5a5a5a5aL);
      }
    }
    String message = opening.refusal(temp);
    assertTrue(message.startsWith(file + " is damaged; restore it from a backup"), message);
  }

  @Test
  void aLogWithoutItsDatabaseIsNotReplayedIntoANewOne() throws IOException {
    Files.writeString(temp.resolve("catalog.db-wal"), "frames");
    String message = Opening.CATALOG.refusal(temp);
    assertTrue(message.contains("catalog.db is missing but its log catalog.db-wal is"), message);
  }

  @Test
  void theBlobsDirectoryMustBeOne() throws IOException {
    Files.writeString(temp.resolve("blobs"), "text");
    assertEquals(
        temp.resolve("blobs") + " is not a directory; expected that of the blobs",
        Opening.BLOBS.refusal(temp));
  }

  @Test
  void consumersAndBlobsMayComeBeforeTheCatalog() {
    Path directory = temp.resolve("made/by/them");
    BlobStore blobs = DataDirectory.openBlobs(directory);
    try (Consumers consumers = DataDirectory.openConsumers(directory);
        CatalogReader reader = DataDirectory.openReader(directory)) {
      consumers.check();
      Blobs.store(blobs, new byte[10]);
      try (Catalog catalog = DataDirectory.openCatalog(directory)) {
        assertEquals(1, catalog.publish("w", "1", BLOB, null).revision());
        assertEquals(1, reader.head());
      }
    }
  }

  @Test
  void aFreshFileSystemsLostAndFoundIsNoObstacle() throws IOException {
    Files.createDirectory(temp.resolve("lost+found"));
    DataDirectory.openCatalog(temp).close();
  }

  @Test
  void anyCharacterMayBeInThePath() {
    Path directory = temp.resolve("a b?c#d%20e&f=ü'\"");
    try (Catalog catalog = DataDirectory.openCatalog(directory);
        CatalogReader reader = DataDirectory.openReader(directory)) {
      catalog.publish("w", "1", BLOB, null);
      assertTrue(reader.latest("w").isPresent());
      assertTrue(Files.isRegularFile(directory.resolve("catalog.db")));
    }
    assertEquals(1, names(temp).size());
  }

  @Test
  void aReaderWaitsForTheFirstWriterAndMakesNothing() throws IOException {
    Path directory = temp.resolve("later");
    try (CatalogReader reader = DataDirectory.openReader(directory)) {
      isUnavailable(reader);
      assertFalse(Files.exists(directory));
      Files.createDirectory(directory);
      isUnavailable(reader);
      assertEquals(List.of(), names(directory));
      DataDirectory.openBlobs(directory).checkReadable();
      assertEquals(List.of(), names(directory));

      try (Catalog catalog = DataDirectory.openCatalog(directory)) {
        assertEquals(0, reader.head());
        Version version = catalog.publish("w", "1", BLOB, null).version();
        assertEquals(Optional.of(version), reader.latest("w"));
        assertEquals(1, reader.head());
      }
      assertEquals(1, reader.updates(0, 1).size());
    }
  }

  private static void isUnavailable(CatalogReader reader) {
    Reads.all()
        .forEach(
            (name, read) ->
                assertThrows(CatalogUnavailableException.class, () -> read.accept(reader), name));
  }

  @Test
  void aReaderOfACatalogThatNobodyWritesMakesNothing() {
    try (Catalog catalog = DataDirectory.openCatalog(temp)) {
      catalog.publish("w", "1", BLOB, null);
    }
    List<String> before = names(temp);
    try (CatalogReader reader = DataDirectory.openReader(temp)) {
      assertEquals(1, reader.head());
      assertEquals(before, names(temp));
    }
    assertEquals(before, names(temp));
  }

  @Test
  void aReaderOutlivesItsWriters() {
    try (Catalog catalog = DataDirectory.openCatalog(temp)) {
      catalog.publish("w", "1", BLOB, null);
    }
    try (CatalogReader reader = DataDirectory.openReader(temp)) {
      for (int i = 2; i <= 5; i++) {
        try (Catalog catalog = DataDirectory.openCatalog(temp)) {
          Version version = catalog.publish("w", "" + i, BLOB, null).version();
          assertEquals(Optional.of(version), reader.latest("w"));
          assertEquals(i, reader.head());
        }
        assertEquals(i, reader.updates(0, 10).size());
      }
    }
  }

  @Test
  void aCatalogWithoutItsSignalFileIsReadAllTheSame() throws IOException {
    try (Catalog catalog = DataDirectory.openCatalog(temp)) {
      catalog.publish("w", "1", BLOB, null);
    }
    Files.delete(temp.resolve("catalog.commits"));
    try (CatalogReader reader = DataDirectory.openReader(temp)) {
      assertEquals(1, reader.head());
      try (Catalog catalog = DataDirectory.openCatalog(temp)) {
        Version version = catalog.publish("w", "2", BLOB, null).version();
        assertEquals(Optional.of(version), reader.latest("w"));
      }
    }
  }

  @Test
  void aReaderFollowsADataDirectoryThatWasReplaced() throws Exception {
    Path directory = temp.resolve("data");
    Path other = temp.resolve("other");
    try (Catalog catalog = DataDirectory.openCatalog(directory)) {
      catalog.publish("w", "1", BLOB, null);
    }
    try (Catalog catalog = DataDirectory.openCatalog(other)) {
      catalog.publish("v", "1", BLOB, null);
      catalog.publish("v", "2", BLOB, null);
    }
    try (CatalogReader reader = DataDirectory.openReader(directory)) {
      assertEquals(1, reader.head());
      Files.move(directory, temp.resolve("aside"), StandardCopyOption.ATOMIC_MOVE);
      Files.move(other, directory, StandardCopyOption.ATOMIC_MOVE);
      Waiting.until("the other catalog is read", () -> reader.head() == 2);
      assertTrue(reader.latest("v").isPresent());
      assertTrue(reader.latest("w").isEmpty());
    }
  }

  @Test
  void aDatabaseThatAnotherProgramLocksIsToldAndServedAfterwards() throws SQLException {
    try (Catalog catalog = DataDirectory.openCatalog(temp)) {
      catalog.publish("w", "1", BLOB, null);
      try (Connection other =
              DriverManager.getConnection("jdbc:sqlite:" + Schema.CATALOG.in(temp));
          Statement statement = other.createStatement()) {
        statement.executeUpdate("BEGIN IMMEDIATE");
        CatalogException e = assertThrows(CatalogException.class, catalog::check);
        assertEquals(
            Schema.CATALOG.in(temp) + " is locked by another program; try again", e.getMessage());
        assertEquals(1, catalog.head());
        statement.executeUpdate("ROLLBACK");
      }
      assertEquals(2, catalog.publish("w", "2", BLOB, null).revision());
    }
  }

  @Test
  void aSecondWriterInTheProcessIsRefusedAndTheFirstGoesOn() {
    try (Catalog catalog = DataDirectory.openCatalog(temp)) {
      assertEquals(
          "the catalog in "
              + temp
              + " is being written by this process; stop it or choose another data directory",
          Opening.CATALOG.refusal(temp));
      assertEquals(1, catalog.publish("w", "1", BLOB, null).revision());
    }
    DataDirectory.openCatalog(temp).close();
  }

  @Test
  void aKilledUploadsLeftoversGoWithTheNextWriter() throws IOException {
    Path incoming = Files.createDirectories(temp.resolve("blobs/tmp"));
    Files.writeString(incoming.resolve("x.part"), "half");
    DataDirectory.openReader(temp).close();
    DataDirectory.openBlobs(temp);
    assertEquals(List.of("x.part"), names(incoming));
    DataDirectory.openCatalog(temp).close();
    assertEquals(List.of(), names(incoming));
  }

  @Test
  void aDraftThatAKilledFirstStartLeftIsReplaced() throws IOException {
    Files.writeString(temp.resolve("catalog.db-new"), "half a database");
    try (Catalog catalog = DataDirectory.openCatalog(temp)) {
      assertEquals(0, catalog.head());
    }
    assertFalse(Files.exists(temp.resolve("catalog.db-new")));
  }

  private static List<String> names(Path directory) {
    try (Stream<Path> entries = Files.list(directory)) {
      return List.copyOf(
          new TreeSet<>(entries.map(entry -> entry.getFileName().toString()).toList()));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static String content(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.ISO_8859_1);
  }

  private static void sql(Path file, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.executeUpdate(sql);
    }
  }
}
