package dev.controlplane.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.catalog.database.Schema;
import dev.controlplane.catalog.failures.CatalogException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A data directory that is mounted read-only. */
class ReadOnlyTest {
  private static final byte[] BYTES = {1, 2, 3};

  @TempDir Path temp;
  private Path data;
  private Path mounted;
  private Digest digest;

  @BeforeEach
  void publishAndMount() throws Exception {
    data = temp.resolve("data");
    mounted = Files.createDirectory(temp.resolve("mounted"));
    try (Catalog catalog = DataDirectory.openCatalog(data)) {
      StoredBlob blob = Blobs.store(DataDirectory.openBlobs(data), BYTES);
      digest = blob.digest();
      catalog.publish("w", "1", blob, null);
    }
    Mounts.run("mount", "--bind", data.toString(), mounted.toString());
    Mounts.run("mount", "-o", "remount,ro,bind", mounted.toString());
  }

  @AfterEach
  void unmount() throws Exception {
    Mounts.run("umount", "--lazy", mounted.toString());
  }

  /** Whatever a clean stop, or who copied the directory, has left of the files beside it. */
  @ParameterizedTest
  @ValueSource(strings = {"", "-shm", "-wal -shm"})
  void whatWasStoppedCleanlyIsRead(String missing) throws IOException {
    for (String suffix : missing.split(" ", -1)) {
      if (!suffix.isEmpty()) {
        Files.deleteIfExists(Path.of(Schema.CATALOG.in(data) + suffix));
      }
    }
    try (CatalogReader reader = DataDirectory.openReader(mounted)) {
      reader.check();
      assertEquals("1", reader.latest("w").orElseThrow().version());
      assertEquals(1, reader.page(0, 10).updates().size());
      assertEquals(3, Blobs.read(DataDirectory.openBlobs(mounted), digest, 10).length);
    }
  }

  @Test
  void whoWantsToWriteIsToldInOneSentence() {
    for (CatalogException e :
        List.of(
            assertThrows(CatalogException.class, () -> DataDirectory.openCatalog(mounted)),
            assertThrows(CatalogException.class, () -> DataDirectory.openConsumers(mounted)))) {
      assertTrue(e.getMessage().contains(mounted.toString()), e.getMessage());
      assertTrue(e.getMessage().contains("Read-only file system"), e.getMessage());
    }
  }
}
