package dev.controlplane.catalog.blobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.catalog.BlobStore;
import dev.controlplane.catalog.BlobStore.Blob;
import dev.controlplane.catalog.BlobStore.Upload;
import dev.controlplane.catalog.Blobs;
import dev.controlplane.catalog.Catalog;
import dev.controlplane.catalog.DataDirectory;
import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.StoredBlob;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.DamagedBlobException;
import dev.controlplane.catalog.failures.VersionConflictException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes into a blob store comes out as it was, or not at all. */
class BlobStoreTest {
  private static final int CHUNK = ChunkChecksums.CHUNK;

  @TempDir Path directory;
  private BlobStore store;

  @BeforeEach
  void open() {
    store = DataDirectory.openBlobs(directory);
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        0,
        1,
        CHUNK - 1,
        CHUNK,
        CHUNK + 1,
        2 * CHUNK - 1,
        2 * CHUNK,
        2 * CHUNK + 1,
        20 * CHUNK + 7
      })
  void aBlobOfAnyLengthComesBackWhole(int length) throws IOException {
    byte[] bytes = random(length);
    StoredBlob stored;
    try (Upload upload = store.receive()) {
      Random cuts = new Random(length);
      for (int at = 0; at < length; ) {
        int part = Math.min(length - at, 1 + cuts.nextInt(3 * CHUNK));
        upload.write(bytes, at, part);
        at += part;
      }
      assertEquals(length, upload.size());
      stored = upload.commit();
    }
    assertEquals(new StoredBlob(Blobs.digestOf(bytes), length), stored);
    for (int piece : new int[] {1000, 8192, CHUNK - 1, CHUNK, CHUNK + 1, 4 * CHUNK}) {
      assertArrayEquals(bytes, Blobs.read(store, stored.digest(), piece));
    }
  }

  @Test
  void anyRangeIsReadAsItIs() throws IOException {
    byte[] bytes = random(3 * CHUNK + 100);
    Digest digest = Blobs.store(store, bytes).digest();
    byte[] into = new byte[2 * CHUNK + 10];
    Random random = new Random(1);
    try (Blob blob = store.open(digest)) {
      assertEquals(bytes.length, blob.size());
      for (int i = 0; i < 2000; i++) {
        int position = random.nextInt(bytes.length);
        int offset = random.nextInt(10);
        int length = 1 + random.nextInt(into.length - offset);
        Arrays.fill(into, (byte) 0);
        int read = blob.read(position, into, offset, length);
        assertTrue(read >= 1 && read <= length, "read " + read);
        assertArrayEquals(
            Arrays.copyOfRange(bytes, position, position + read),
            Arrays.copyOfRange(into, offset, offset + read));
      }
      assertEquals(-1, blob.read(bytes.length, into, 0, 1));
      assertEquals(-1, blob.read(Long.MAX_VALUE, into, 0, 1));
      assertThrows(IllegalArgumentException.class, () -> blob.read(-1, into, 0, 1));
      assertThrows(IndexOutOfBoundsException.class, () -> blob.read(0, into, 1, into.length));
    }
  }

  @Test
  void whatWasNotCommittedLeavesNothing() throws IOException {
    try (Upload upload = store.receive()) {
      upload.write(random(CHUNK), 0, CHUNK);
      assertEquals(1, files().size());
    }
    assertEquals(List.of(), files());
  }

  @Test
  void aBlobOnItsWayInIsItsOwnersAlone() throws IOException {
    try (Upload upload = store.receive()) {
      upload.write(new byte[1], 0, 1);
      assertEquals("rw-------", mode(files().getFirst()));
      upload.commit();
    }
    Blobs.store(store, random(CHUNK + 1));
    assertEquals(3, files().size());
    for (Path file : files()) {
      assertEquals("rw-------", mode(file));
    }
    assertEquals("rwx------", mode(directory.resolve("blobs")));
  }

  @Test
  void anUploadIsUsedOnce() {
    try (Upload upload = store.receive()) {
      upload.commit();
      assertThrows(IllegalStateException.class, upload::commit);
      assertThrows(IllegalStateException.class, () -> upload.write(new byte[1], 0, 1));
    }
    Upload upload = store.receive();
    upload.close();
    upload.close();
    assertThrows(IllegalStateException.class, upload::commit);
  }

  @Test
  void theSameBytesAreKeptOnce() throws IOException {
    byte[] bytes = random(CHUNK + 1);
    Digest digest = Blobs.store(store, bytes).digest();
    Object first = key(digest);
    assertEquals(digest, Blobs.store(store, bytes).digest());
    assertEquals(first, key(digest));
    assertEquals(2, files().size());
  }

  /** What can happen to a stored blob behind the store's back. */
  enum Damage {
    FIRST_BIT_FLIPPED,
    LAST_BIT_FLIPPED,
    TRUNCATED,
    EMPTIED,
    EXTENDED,
    MISSING,
    A_DIRECTORY,
    A_DIRECTORY_WITH_A_FILE,
    ZEROED_IN_THE_MIDDLE,
    CHECKSUMS_MISSING,
    CHECKSUMS_BIT_FLIPPED,
    CHECKSUMS_TRUNCATED,
    CHECKSUMS_EXTENDED,
    SWAPPED_WITH_ANOTHER_OF_THE_SAME_LENGTH,
    SWAPPED_WITH_ANOTHER_AND_ITS_CHECKSUMS;

    void happen(Path blob, Path other) throws IOException {
      FileTime time = Files.getLastModifiedTime(blob);
      Path sidecar = BlobFiles.sidecarOf(blob);
      long size = Files.size(blob);
      switch (this) {
        case FIRST_BIT_FLIPPED -> flip(blob, 0);
        case LAST_BIT_FLIPPED -> flip(blob, size - 1);
        case TRUNCATED -> resize(blob, size - 1);
        case EMPTIED -> resize(blob, 0);
        case EXTENDED -> resize(blob, size + 1);
        case MISSING -> Files.delete(blob);
        case A_DIRECTORY -> {
          Files.delete(blob);
          Files.createDirectory(blob);
        }
        case A_DIRECTORY_WITH_A_FILE -> {
          Files.delete(blob);
          Files.writeString(Files.createDirectory(blob).resolve("lost"), "and found");
        }
        case ZEROED_IN_THE_MIDDLE -> zero(blob, size / 2);
        case CHECKSUMS_MISSING -> Files.delete(sidecar);
        case CHECKSUMS_BIT_FLIPPED -> flip(sidecar, 60);
        case CHECKSUMS_TRUNCATED -> resize(sidecar, Files.size(sidecar) - 4);
        case CHECKSUMS_EXTENDED -> resize(sidecar, Files.size(sidecar) + 4);
        case SWAPPED_WITH_ANOTHER_OF_THE_SAME_LENGTH -> replace(other, blob);
        case SWAPPED_WITH_ANOTHER_AND_ITS_CHECKSUMS -> {
          replace(other, blob);
          replace(BlobFiles.sidecarOf(other), sidecar);
        }
      }
      if (this != MISSING) {
        Files.setLastModifiedTime(blob, time);
      }
    }

    /** Whether a store that has read the blob's checksums before may still serve it. */
    boolean spares() {
      return name().startsWith("CHECKSUMS");
    }

    private static void flip(Path file, long at) throws IOException {
      try (RandomAccessFile damage = new RandomAccessFile(file.toFile(), "rw")) {
        damage.seek(at);
        int was = damage.read();
        damage.seek(at);
        damage.write(was ^ 1);
      }
    }

    private static void zero(Path file, long at) throws IOException {
      try (RandomAccessFile damage = new RandomAccessFile(file.toFile(), "rw")) {
        damage.seek(at);
        damage.write(new byte[512]);
      }
    }

    private static void resize(Path file, long size) throws IOException {
      try (RandomAccessFile damage = new RandomAccessFile(file.toFile(), "rw")) {
        damage.setLength(size);
      }
    }

    private static void replace(Path from, Path to) throws IOException {
      Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aDamagedBlobIsNeverServedAsGood(Damage damage) throws IOException {
    aDamagedBlobIsNeverServedAsGood(damage, 3 * CHUNK + 5);
    assertEquals(damage == Damage.A_DIRECTORY_WITH_A_FILE ? 5 : 4, files().size());
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.MATCH_NONE, names = ".*CHECKSUMS.*")
  void aDamagedBlobOfOneChunkIsNeverServedAsGood(Damage damage) throws IOException {
    aDamagedBlobIsNeverServedAsGood(damage, CHUNK);
    assertEquals(damage == Damage.A_DIRECTORY_WITH_A_FILE ? 3 : 2, files().size());
  }

  @Test
  void aBlobThatIsReplacedWhileItIsOpenByWhatCanNotBeReadIsDamaged() throws IOException {
    byte[] bytes = random(4096);
    Digest digest = Blobs.store(store, bytes).digest();
    // Its checksums are known, and a directory is as long as it is on most file systems.
    assertArrayEquals(bytes, Blobs.read(store, digest, CHUNK));
    Damage.A_DIRECTORY.happen(file(digest), file(digest));
    assertThrows(DamagedBlobException.class, () -> Blobs.read(store, digest, CHUNK));
  }

  @Test
  void blobsThatAreAllGoneAreAStoreThatCanNotBeReadAndNoDamage() throws IOException {
    Digest digest = Blobs.store(store, random(10)).digest();
    Files.move(directory.resolve("blobs"), directory.resolve("unmounted"));
    CatalogException e = assertThrows(CatalogException.class, () -> store.open(digest));
    assertFalse(e instanceof DamagedBlobException, e::toString);
    Files.move(directory.resolve("unmounted"), directory.resolve("blobs"));
    assertArrayEquals(random(10), Blobs.read(store, digest, CHUNK));
  }

  private void aDamagedBlobIsNeverServedAsGood(Damage damage, int length) throws IOException {
    byte[] bytes = random(length);
    byte[] others = bytes.clone();
    others[0]++;
    Digest digest = Blobs.store(store, bytes).digest();
    Digest other = Blobs.store(store, others).digest();
    BlobStore fresh = DataDirectory.openBlobs(directory);
    assertArrayEquals(bytes, Blobs.read(store, digest, CHUNK));

    damage.happen(file(digest), file(other));

    for (int piece : new int[] {100, CHUNK, 4 * CHUNK}) {
      DamagedBlobException e =
          assertThrows(DamagedBlobException.class, () -> Blobs.read(fresh, digest, piece));
      assertTrue(e.getMessage().startsWith(digest + " "), e.getMessage());
      assertTrue(e.getMessage().endsWith("; upload the same bytes again to heal it"));
      if (damage.spares()) {
        assertArrayEquals(bytes, Blobs.read(store, digest, piece));
      } else {
        assertThrows(DamagedBlobException.class, () -> Blobs.read(store, digest, piece));
      }
    }

    assertEquals(digest, Blobs.store(store, bytes).digest());
    assertArrayEquals(bytes, Blobs.read(fresh, digest, CHUNK));
    assertArrayEquals(bytes, Blobs.read(store, digest, CHUNK));
    assertArrayEquals(others, Blobs.read(store, other, CHUNK));
  }

  @Test
  void damageIsNoticedInTheChunkThatIsRead() throws IOException {
    byte[] bytes = random(3 * CHUNK);
    Digest digest = Blobs.store(store, bytes).digest();
    try (Blob blob = store.open(digest)) {
      byte[] into = new byte[CHUNK];
      // While it is open, and with its first chunk in the reader's buffer.
      assertEquals(10, blob.read(0, into, 0, 10));
      Damage.flip(file(digest), CHUNK + 77);
      assertEquals(10, blob.read(0, into, 0, 10));
      assertEquals(CHUNK, blob.read(0, into, 0, CHUNK));
      for (int length : new int[] {1, CHUNK}) {
        Arrays.fill(into, (byte) 1);
        DamagedBlobException e =
            assertThrows(
                DamagedBlobException.class, () -> blob.read(2 * CHUNK - 1, into, 0, length));
        assertTrue(e.getMessage().contains("in bytes 65536 to 131071"), e.getMessage());
      }
      assertThrows(DamagedBlobException.class, () -> blob.read(CHUNK, into, 0, CHUNK));
      assertArrayEquals(new byte[CHUNK], into);
      assertEquals(CHUNK, blob.read(2 * CHUNK, into, 0, CHUNK));
      assertArrayEquals(Arrays.copyOfRange(bytes, 2 * CHUNK, 3 * CHUNK), into);
    }
  }

  @Test
  void anEmptyBlobCanBeDamagedToo() throws IOException {
    Digest digest = Blobs.store(store, new byte[0]).digest();
    assertArrayEquals(new byte[0], Blobs.read(store, digest, 10));
    Files.write(file(digest), new byte[1]);
    assertThrows(DamagedBlobException.class, () -> store.open(digest));
    Blobs.store(store, new byte[0]);
    assertArrayEquals(new byte[0], Blobs.read(store, digest, 10));
  }

  @Test
  void anOpenBlobIsReadToItsEndWhileItIsHealed() throws IOException {
    byte[] bytes = random(CHUNK + 1);
    Digest digest = Blobs.store(store, bytes).digest();
    try (Blob blob = store.open(digest)) {
      Files.delete(BlobFiles.sidecarOf(file(digest)));
      Object before = key(digest);
      Blobs.store(store, bytes);
      assertNotEquals(before, key(digest));
      byte[] into = new byte[CHUNK];
      assertEquals(CHUNK, blob.read(0, into, 0, CHUNK));
      assertEquals(1, blob.read(CHUNK, into, 0, CHUNK));
    }
  }

  @Test
  void uploadsOfTheSameBytesAtOnceMakeOneWholeBlob() throws Exception {
    byte[] bytes = random(5 * CHUNK);
    List<Callable<StoredBlob>> uploads = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      uploads.add(() -> Blobs.store(store, bytes));
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<StoredBlob> upload : threads.invokeAll(uploads)) {
        assertEquals(Blobs.digestOf(bytes), upload.get().digest());
      }
    }
    assertArrayEquals(bytes, Blobs.read(store, Blobs.digestOf(bytes), CHUNK));
    assertEquals(2, files().size());
  }

  @Test
  void anUploadThatBecomesNoVersionLeavesNothing() throws IOException {
    byte[] bytes = random(100);
    try (Catalog catalog = DataDirectory.openCatalog(directory)) {
      BlobStore writers = DataDirectory.openBlobs(directory, catalog);
      try (Upload upload = writers.receive()) {
        upload.write(bytes, 0, bytes.length);
        catalog.publish("w", "1", upload.commit(), null);
      }
      assertEquals(1, files().size());
      try (Upload upload = writers.receive()) {
        upload.write(bytes, 0, 50);
        StoredBlob blob = upload.commit();
        assertThrows(VersionConflictException.class, () -> catalog.publish("w", "1", blob, null));
        assertEquals(2, files().size());
      }
      assertEquals(1, files().size());
      catalog.delete("w", "1");
      Blobs.store(writers, bytes);
      assertEquals(List.of(), files());
    }
  }

  @Test
  void aBlobStaysAsLongAsOneOfItsUploadsMayBecomeAVersion() throws IOException {
    byte[] bytes = random(100);
    try (Catalog catalog = DataDirectory.openCatalog(directory)) {
      BlobStore writers = DataDirectory.openBlobs(directory, catalog);
      try (Upload first = writers.receive()) {
        first.write(bytes, 0, bytes.length);
        StoredBlob blob = first.commit();
        Blobs.store(writers, bytes);
        assertArrayEquals(bytes, Blobs.read(writers, blob.digest(), 100));
        catalog.publish("w", "1", blob, null);
      }
      assertArrayEquals(bytes, Blobs.read(writers, Blobs.digestOf(bytes), 100));
    }
  }

  @Test
  void anInterruptEndsItsOwnReadingAlone() throws Exception {
    byte[] bytes = random(4 * CHUNK);
    Digest digest = Blobs.store(store, bytes).digest();
    try (Blob neighbour = store.open(digest)) {
      inVirtualThread(
          () -> {
            Thread.currentThread().interrupt();
            assertThrows(CatalogException.class, () -> Blobs.read(store, digest, CHUNK));
          });
      assertEquals(CHUNK, neighbour.read(0, new byte[CHUNK], 0, CHUNK));
    }
    assertArrayEquals(bytes, Blobs.read(store, digest, CHUNK));
  }

  @Test
  void anInterruptedUploadLeavesNothing() throws Exception {
    inVirtualThread(
        () -> {
          try (Upload upload = store.receive()) {
            Thread.currentThread().interrupt();
            CatalogException e =
                assertThrows(CatalogException.class, () -> upload.write(new byte[10], 0, 10));
            assertTrue(e.getMessage().startsWith("interrupted"), e.getMessage());
            assertTrue(Thread.currentThread().isInterrupted());
          }
        });
    assertEquals(List.of(), files());
  }

  @Test
  void anUploadInterruptedAtItsEndLeavesNothing() throws Exception {
    try (Catalog catalog = DataDirectory.openCatalog(directory)) {
      BlobStore writers = DataDirectory.openBlobs(directory, catalog);
      inVirtualThread(
          () -> {
            try (Upload upload = writers.receive()) {
              upload.write(new byte[10], 0, 10);
              Thread.currentThread().interrupt();
              assertThrows(CatalogException.class, upload::commit);
            }
            assertTrue(Thread.currentThread().isInterrupted());
          });
      assertEquals(List.of(), files());
      inVirtualThread(
          () -> {
            try (Upload upload = writers.receive()) {
              upload.write(new byte[10], 0, 10);
              upload.commit();
              Thread.currentThread().interrupt();
            }
            assertTrue(Thread.currentThread().isInterrupted());
          });
      assertEquals(List.of(), files());
    }
  }

  @Test
  void theFirstUploadsMayComeTogether() throws Exception {
    for (int round = 0; round < 100; round++) {
      BlobStore fresh = DataDirectory.openBlobs(directory.resolve("fresh-" + round));
      CyclicBarrier together = new CyclicBarrier(8);
      try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
        List<Future<Boolean>> uploads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          byte[] bytes = {(byte) i};
          uploads.add(
              threads.submit(
                  () -> {
                    together.await();
                    try (Upload upload = fresh.receive()) {
                      upload.write(bytes, 0, 1);
                      return upload.commit().size() == 1;
                    }
                  }));
        }
        for (Future<Boolean> upload : uploads) {
          assertTrue(upload.get());
        }
      }
    }
  }

  @Test
  void checkTriesAndLeavesNothing() throws IOException {
    store.check();
    store.checkReadable();
    assertEquals(List.of(), files());
    Files.delete(directory.resolve("blobs/tmp"));
    Files.writeString(directory.resolve("blobs/tmp"), "in the way");
    CatalogException e = assertThrows(CatalogException.class, store::check);
    assertTrue(e.getMessage().contains("not a directory"), e.getMessage());
    Files.delete(directory.resolve("blobs/tmp"));
    store.check();
  }

  private static void inVirtualThread(Runnable work) throws Exception {
    FutureTask<Void> task = new FutureTask<>(work, null);
    Thread.startVirtualThread(task);
    task.get();
  }

  private Path file(Digest digest) {
    return ((FileBlobStore) store).files().fileOf(digest);
  }

  private Object key(Digest digest) throws IOException {
    return Files.getAttribute(file(digest), "unix:ino");
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  /** All files below {@code blobs}. */
  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(directory.resolve("blobs"))) {
      return all.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)).toList();
    }
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }
}
