package dev.controlplane.catalog;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.catalog.BlobStore.Upload;
import dev.controlplane.catalog.failures.StorageFullException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A full disk costs the request that met it, and nothing else. On a small file system of its own.
 */
@Timeout(180)
class DiskFullTest {
  private static final StoredBlob SMALL = Blobs.of("bytes");

  @TempDir Path temp;
  private Path disk;
  private Path filler;
  private Catalog catalog;
  private BlobStore blobs;

  @BeforeEach
  void mount() throws Exception {
    disk = Files.createDirectory(temp.resolve("disk"));
    filler = disk.resolve("filler");
    Mounts.run("mount", "-t", "tmpfs", "-o", "size=4m,nr_inodes=100", "tmpfs", disk.toString());
    catalog = DataDirectory.openCatalog(disk.resolve("data"));
    blobs = DataDirectory.openBlobs(disk.resolve("data"), catalog);
  }

  @AfterEach
  void unmount() throws Exception {
    if (catalog != null) {
      catalog.close();
    }
    // Lazily: memory that was shared through a file goes with the garbage collector.
    Mounts.run("umount", "--lazy", disk.toString());
  }

  @Test
  void aFileThatDoesNotFitLeavesNothing() throws Exception {
    byte[] good = new byte[1000];
    publish("1", good);
    List<Path> before = files();
    fill(200_000);
    try (Upload upload = blobs.receive()) {
      byte[] bytes = new byte[100_000];
      StorageFullException e =
          assertThrows(
              StorageFullException.class,
              () -> {
                for (int i = 0; i < 10; i++) {
                  upload.write(bytes, 0, bytes.length);
                }
              });
      assertTrue(e.getMessage().endsWith(" is full; make room and try again"), e.getMessage());
    }
    assertEquals(before, files());
    assertArrayEquals(good, Blobs.read(blobs, Blobs.digestOf(good), 1000));

    Files.delete(filler);
    publish("2", new byte[1_000_000]);
    assertEquals(2, catalog.head());
  }

  @Test
  void aPublishThatDoesNotFitLeavesNothing() throws Exception {
    publish("1", new byte[1]);
    List<Path> before = files();
    fill(0);
    int published = 1;
    StorageFullException full = null;
    // Its log has some room of its own at first.
    while (full == null) {
      try {
        catalog.publish("w", "more" + published, SMALL, null);
        published++;
      } catch (StorageFullException e) {
        full = e;
      }
    }
    assertTrue(full.getMessage().contains("full; make room"), full.getMessage());
    // What was answered is there, what was refused is not, and reading goes on.
    assertEquals(published, catalog.head());
    assertEquals(published, catalog.updates(0, 1_000_000).size());
    assertTrue(catalog.version("w", "more" + published).isEmpty());
    try (CatalogReader reader = DataDirectory.openReader(disk.resolve("data"))) {
      assertEquals(published, reader.head());
    }
    // What changes nothing needs no room.
    assertEquals(
        1,
        catalog.publish("w", "1", new StoredBlob(Blobs.digestOf(new byte[1]), 1), null).revision());
    assertEquals(before, files());

    Files.delete(filler);
    assertEquals(published + 1, catalog.publish("w", "more" + published, SMALL, null).revision());
    catalog.check();
  }

  @Test
  void aBlobWhoseVersionDoesNotFitGoesAgain() throws Exception {
    List<Path> before = files();
    try (Upload upload = blobs.receive()) {
      upload.write(new byte[10], 0, 10);
      StoredBlob blob = upload.commit();
      fill(0);
      int[] number = {0};
      assertThrows(
          StorageFullException.class,
          () -> {
            while (true) {
              catalog.publish("other", "" + number[0]++, SMALL, null);
            }
          });
      assertThrows(StorageFullException.class, () -> catalog.publish("w", "1", blob, null));
    }
    assertEquals(before, files());
  }

  @Test
  void noRoomForAnotherFileIsAFullDiskToo() throws Exception {
    publish("1", new byte[1]);
    List<Path> before = files();
    List<Path> fillers = new ArrayList<>();
    try {
      while (true) {
        Path one = disk.resolve("filler" + fillers.size());
        Files.createFile(one);
        fillers.add(one);
      }
    } catch (IOException e) {
      // No inode is left.
    }
    assertThrows(StorageFullException.class, () -> blobs.receive().close());
    assertThrows(StorageFullException.class, blobs::check);
    // For the file, but not for the directory that it goes to.
    Files.delete(fillers.removeLast());
    try (Upload upload = blobs.receive()) {
      assertThrows(StorageFullException.class, upload::commit);
    }
    assertEquals(before, files());
    for (Path one : fillers) {
      Files.delete(one);
    }
    blobs.check();
    publish("2", new byte[2]);
  }

  @Test
  void aDataDirectoryCanNotBeMadeOnAFullDisk() throws IOException {
    Path other = disk.resolve("other");
    fill(0);
    StorageFullException e =
        assertThrows(StorageFullException.class, () -> DataDirectory.openCatalog(other));
    assertTrue(e.getMessage().endsWith("is full; make room and try again"), e.getMessage());
    Files.delete(filler);
    DataDirectory.openCatalog(other).close();
  }

  @Test
  void checkTellsAFullDisk() throws IOException {
    blobs.check();
    fill(0);
    assertThrows(StorageFullException.class, blobs::check);
    blobs.checkReadable();
    catalog.check();
    Files.delete(filler);
    blobs.check();
  }

  private void publish(String version, byte[] bytes) {
    try (Upload upload = blobs.receive()) {
      upload.write(bytes, 0, bytes.length);
      catalog.publish("w", version, upload.commit(), null);
    }
  }

  /** Leaves room for so many bytes. */
  private void fill(long left) throws IOException {
    long room = Files.getFileStore(disk).getUsableSpace() - left;
    try {
      Files.write(filler, new byte[(int) room], StandardOpenOption.CREATE_NEW);
    } catch (IOException e) {
      // Full to the brim.
    }
  }

  /** All files of the blobs. */
  private List<Path> files() throws IOException {
    Path root = disk.resolve("data/blobs");
    if (!Files.exists(root)) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
          .sorted()
          .toList();
    }
  }
}
