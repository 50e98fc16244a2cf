package dev.controlplane.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.catalog.Publisher.Acknowledged;
import dev.controlplane.catalog.blobs.ChunkChecksums;
import dev.controlplane.catalog.failures.CatalogException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What holds between the processes that share a data directory. */
@Timeout(180)
class ProcessesTest {
  private static final int ROUNDS = 10;

  @TempDir Path temp;
  private Path directory;

  @BeforeEach
  void choose() {
    directory = temp.resolve("data");
  }

  @Test
  void anotherProcessSeesEachAcknowledgedPublishAtOnce() throws Exception {
    try (CatalogReader reader = DataDirectory.openReader(directory);
        Publisher publisher = Publisher.start(directory, temp, "run", 0)) {
      assertEquals("ready 0 leftovers 0", publisher.line());
      for (int i = 0; i < 100; i++) {
        // Read before, so that what is kept in memory is out of date.
        assertEquals(i, reader.head());
        assertTrue(reader.version("stepped", "run-" + i).isEmpty());
        publisher.step();
        Acknowledged acknowledged = publisher.acknowledged();
        Version latest = reader.latest("stepped").orElseThrow();
        assertEquals(acknowledged.version(), latest.version());
        assertEquals(acknowledged.digest(), latest.digest());
        assertEquals(latest, reader.version("stepped", "run-" + i).orElseThrow());
        assertEquals(acknowledged.revision(), reader.head());
        assertEquals(acknowledged.version(), reader.updates(i, 1).getFirst().version());
      }
    }
  }

  @Test
  void acknowledgedVersionsOutliveAKilledWriter() throws Exception {
    List<Acknowledged> all = new ArrayList<>();
    Random random = new Random(7);
    long head = 0;
    try (CatalogReader reader = DataDirectory.openReader(directory)) {
      for (int round = 0; round < ROUNDS; round++) {
        try (Publisher publisher = Publisher.start(directory, temp, "r" + round, 8)) {
          String[] ready = publisher.line().split(" ", -1);
          // More, if it was killed after a commit that it had not told anybody of.
          assertTrue(Long.parseLong(ready[1]) >= head);
          assertEquals("0", ready[3]);
          int kill = 1 + random.nextInt(80);
          for (int i = 0; i < kill; i++) {
            Acknowledged one = publisher.acknowledged();
            assertNotNull(one);
            assertEquals(
                one.digest(), reader.version(one.worker(), one.version()).orElseThrow().digest());
            assertTrue(reader.head() >= one.revision());
            all.add(one);
          }
          publisher.kill();
          Acknowledged late = publisher.acknowledged();
          while (late != null) {
            all.add(late);
            late = publisher.acknowledged();
          }
        }
        head = reader.head();
        verify(reader, all);
      }
    }
    // Nor did any of them leave what its SQLite was unpacked to.
    assertEquals(List.of(directory), list(temp));
    try (Catalog catalog = DataDirectory.openCatalog(directory)) {
      assertEquals(List.of(), list(directory.resolve("blobs/tmp")));
      verify(catalog, all);
      BlobStore blobs = DataDirectory.openBlobs(directory);
      for (Acknowledged one : all) {
        byte[] bytes = Blobs.read(blobs, one.digest(), ChunkChecksums.CHUNK);
        assertEquals(one.digest(), Blobs.digestOf(bytes));
      }
    }
  }

  /** The log has no gap, every acknowledged publish is in it where it said, and found by name. */
  private static void verify(CatalogReader reader, List<Acknowledged> all) {
    List<Update> log = new ArrayList<>();
    while (log.size() < reader.head()) {
      log.addAll(reader.updates(log.size(), 1000));
    }
    for (int i = 0; i < log.size(); i++) {
      assertEquals(i + 1, log.get(i).revision());
    }
    for (Acknowledged one : all) {
      Update update = log.get((int) one.revision() - 1);
      assertEquals(one.worker(), update.worker());
      assertEquals(one.version(), update.version());
      assertEquals(one.digest(), update.digest());
      assertEquals(
          one.digest(), reader.version(one.worker(), one.version()).orElseThrow().digest());
    }
  }

  @Test
  void aSecondWritingProcessIsRefusedByName() throws Exception {
    try (Catalog catalog = DataDirectory.openCatalog(directory);
        Publisher second = Publisher.start(directory, temp, "run", 0)) {
      assertEquals(
          "refused the catalog in %s is being written by process %d; stop it or choose another data"
                  .formatted(directory, ProcessHandle.current().pid())
              + " directory",
          second.line());
      assertEquals(1, catalog.publish("w", "1", Blobs.of("bytes"), null).revision());
    }
    try (Publisher first = Publisher.start(directory, temp, "run", 0)) {
      assertEquals("ready 1 leftovers 0", first.line());
      assertThrows(CatalogException.class, () -> DataDirectory.openCatalog(directory));
      // Having looked at the lock has not taken it away.
      assertThrows(CatalogException.class, () -> DataDirectory.openCatalog(directory));
      first.step();
      assertEquals(2, first.acknowledged().revision());
    }
    DataDirectory.openCatalog(directory).close();
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }
}
