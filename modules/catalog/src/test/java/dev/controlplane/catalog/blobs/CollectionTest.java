package dev.controlplane.catalog.blobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.controlplane.catalog.BlobStore;
import dev.controlplane.catalog.BlobStore.Blob;
import dev.controlplane.catalog.BlobStore.Upload;
import dev.controlplane.catalog.Blobs;
import dev.controlplane.catalog.Catalog;
import dev.controlplane.catalog.CatalogBlobs;
import dev.controlplane.catalog.CatalogBlobs.Collected;
import dev.controlplane.catalog.DataDirectory;
import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.Publisher;
import dev.controlplane.catalog.StoredBlob;
import dev.controlplane.catalog.Version;
import dev.controlplane.catalog.Waiting;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.DamagedBlobException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Blobs of deleted versions go; nothing else does, whoever is uploading or reading. */
@Timeout(60)
class CollectionTest {
  private static final byte[] BYTES =
      "some bytes".repeat(ChunkChecksums.CHUNK / 5).getBytes(StandardCharsets.UTF_8);
  private static final Digest DIGEST = Blobs.digestOf(BYTES);

  @TempDir Path directory;
  private Catalog catalog;
  private CatalogBlobs blobs;

  @BeforeEach
  void open() {
    catalog = DataDirectory.openCatalog(directory);
    blobs = DataDirectory.openBlobs(directory, catalog);
  }

  @AfterEach
  void close() {
    catalog.close();
  }

  private long publish(String worker, String version, byte[] bytes) {
    try (Upload upload = blobs.receive()) {
      upload.write(bytes, 0, bytes.length);
      return catalog.publish(worker, version, upload.commit(), null).revision();
    }
  }

  private static Instant later() {
    return Instant.now().plusSeconds(60);
  }

  private Collected collect() {
    return blobs.collect(later(), false);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(directory.resolve("blobs"))) {
      return all.filter(Files::isRegularFile).toList();
    }
  }

  @Test
  void thereIsNothingToCollectBeforeTheFirstBlob() {
    assertEquals(new Collected(0, 0, 0, List.of()), collect());
  }

  @Test
  void theBlobOfADeletedVersionGoesAndTheSameBytesBringItBack() throws IOException {
    publish("w", "1", BYTES);
    publish("w", "2", new byte[10]);
    assertEquals(new Collected(2, 0, 0, List.of()), collect());
    catalog.delete("w", "1");

    long onDisk = 0;
    Path file = ((FileBlobStore) blobs).files().fileOf(DIGEST);
    for (Path part : List.of(file, BlobFiles.sidecarOf(file))) {
      onDisk += Files.size(part);
    }
    Collected expected = new Collected(2, 1, onDisk, List.of(DIGEST));
    assertEquals(expected, blobs.collect(later(), true));
    assertArrayEquals(BYTES, Blobs.read(blobs, DIGEST, 100));
    assertEquals(expected, collect());
    assertThrows(DamagedBlobException.class, () -> blobs.open(DIGEST));
    assertEquals(1, files().size());
    assertEquals(new Collected(1, 0, 0, List.of()), collect());

    assertEquals(4, publish("w", "1", BYTES));
    assertArrayEquals(BYTES, Blobs.read(blobs, DIGEST, 100));
    collect();
    assertArrayEquals(BYTES, Blobs.read(blobs, DIGEST, 100));
  }

  @Test
  void aBlobStaysWhileAnyVersionHasIt() throws IOException {
    publish("w", "1", BYTES);
    publish("v", "9", BYTES);
    catalog.delete("w", "1");
    assertEquals(0, collect().removed());
    catalog.delete("v", "9");
    assertEquals(1, collect().removed());
    assertEquals(List.of(), files());
  }

  @Test
  void ageCountsFromTheLastReferenceAlsoAfterARestart() throws IOException {
    publish("w", "1", BYTES);
    publish("v", "1", BYTES);
    // Stored long ago, and in use until now.
    Instant stored = Instant.parse("2026-01-01T00:00:00Z");
    Files.setLastModifiedTime(
        ((FileBlobStore) blobs).files().fileOf(DIGEST), FileTime.from(stored));
    catalog.delete("w", "1");
    Instant before = Instant.now();
    catalog.delete("v", "1");

    assertEquals(0, blobs.collect(before.minusMillis(1), false).removed());
    catalog.close();
    open();
    assertEquals(0, blobs.collect(before.minusMillis(1), false).removed());
    assertEquals(1, collect().removed());
    assertEquals(Instant.EPOCH, catalog.unreferencedSince(DIGEST).orElseThrow());
  }

  @Test
  void ageCountsFromTheUploadToo() throws IOException {
    publish("w", "1", BYTES);
    catalog.delete("w", "1");
    Instant stored = Instant.now().plusSeconds(30);
    Files.setLastModifiedTime(
        ((FileBlobStore) blobs).files().fileOf(DIGEST), FileTime.from(stored));
    assertEquals(0, blobs.collect(stored, false).removed());
    assertEquals(1, blobs.collect(stored.plusMillis(1), false).removed());
  }

  @Test
  void aBlobStoredWhileTheClockWasAheadGoesAllTheSame() throws IOException {
    publish("w", "1", BYTES);
    catalog.delete("w", "1");
    Files.setLastModifiedTime(
        ((FileBlobStore) blobs).files().fileOf(DIGEST),
        FileTime.from(Instant.now().plus(Duration.ofDays(3650))));
    assertEquals(0, collect().removed());
    assertEquals(1, collect().removed());
  }

  @Test
  void checksumsWithoutTheirBlobGoAndWhatIsNotOursStays() throws IOException {
    publish("w", "1", BYTES);
    Path file = ((FileBlobStore) blobs).files().fileOf(DIGEST);
    Path foreign = Files.writeString(file.resolveSibling("README"), "not ours");
    Path elsewhere =
        Files.createDirectories(directory.resolve("blobs/sha256/zz")).resolve(DIGEST.hex());
    Files.writeString(elsewhere, "not at its place");
    Path incoming = Files.writeString(directory.resolve("blobs/tmp/x.part"), "on its way");
    catalog.delete("w", "1");
    Files.delete(file);

    assertEquals(1, collect().removed());
    assertEquals(
        List.of(foreign, elsewhere, incoming).stream().sorted().toList(),
        files().stream().sorted().toList());
  }

  @Test
  void whoHasABlobOpenReadsItToItsEnd() throws IOException {
    byte[] large = new byte[300_000];
    new java.util.Random(1).nextBytes(large);
    publish("w", "1", large);
    BlobStore readers = DataDirectory.openBlobs(directory);
    try (Blob open = readers.open(Blobs.digestOf(large))) {
      byte[] read = new byte[large.length];
      int at = open.read(0, read, 0, 1000);
      catalog.delete("w", "1");
      assertEquals(1, collect().removed());
      while (at < read.length) {
        at += open.read(at, read, at, read.length - at);
      }
      assertArrayEquals(large, read);
    }
    assertThrows(DamagedBlobException.class, () -> readers.open(Blobs.digestOf(large)));
  }

  @Test
  void anUploadThatMayBecomeAVersionKeepsItsBlob() throws IOException {
    publish("w", "1", BYTES);
    catalog.delete("w", "1");
    try (Upload upload = blobs.receive()) {
      upload.write(BYTES, 0, BYTES.length);
      StoredBlob blob = upload.commit();
      assertEquals(0, collect().removed());
      catalog.publish("w", "1", blob, null);
    }
    assertEquals(0, collect().removed());
    assertArrayEquals(BYTES, Blobs.read(blobs, DIGEST, 100));
  }

  /** Collects on a thread of its own, and stops there whenever it asks for a blob's versions. */
  private final class Stopped {
    private final AtomicBoolean referred = new AtomicBoolean();
    private final AtomicInteger asked = new AtomicInteger();
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final FileBlobStore store;
    private final FutureTask<Collected> collection;
    private final Thread thread;

    Stopped(int question) {
      this.store =
          new FileBlobStore(
              directory,
              digest -> {
                boolean answer = referred.get();
                if (asked.incrementAndGet() == question) {
                  reached.countDown();
                  await(goOn);
                }
                return answer ? Optional.empty() : Optional.of(Instant.EPOCH);
              });
      this.collection = new FutureTask<>(() -> store.collect(later(), false));
      this.thread = new Thread(collection, "collection");
    }

    /** Returns when it has asked. */
    void start() {
      thread.start();
      await(reached);
    }

    Collected goOn() throws Exception {
      goOn.countDown();
      return collection.get();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void bytesUploadedAgainBeforeTheVerdictSurvive() throws Exception {
    publish("w", "1", BYTES);
    // The first question is asked without the lock; its answer is out of date by the second.
    Stopped stopped = new Stopped(1);
    stopped.start();
    try (Upload upload = stopped.store.receive()) {
      upload.write(BYTES, 0, BYTES.length);
      upload.commit();
      stopped.referred.set(true); // The version is published.
    }
    assertEquals(0, stopped.goOn().removed());
    assertArrayEquals(BYTES, Blobs.read(stopped.store, DIGEST, 100));
  }

  @Test
  void bytesUploadedAgainButNotYetPublishedAtTheVerdictSurvive() throws Exception {
    publish("w", "1", BYTES);
    Stopped stopped = new Stopped(1);
    stopped.start();
    try (Upload upload = stopped.store.receive()) {
      upload.write(BYTES, 0, BYTES.length);
      upload.commit();
      assertEquals(0, stopped.goOn().removed());
      stopped.referred.set(true);
    }
    assertArrayEquals(BYTES, Blobs.read(stopped.store, DIGEST, 100));
  }

  @Test
  void bytesUploadedAgainAfterTheVerdictAreStoredAnew() throws Exception {
    publish("w", "1", BYTES);
    // The second question is asked under the lock: what is answered is done.
    Stopped stopped = new Stopped(2);
    stopped.start();
    FutureTask<StoredBlob> uploading =
        new FutureTask<>(
            () -> {
              try (Upload upload = stopped.store.receive()) {
                upload.write(BYTES, 0, BYTES.length);
                StoredBlob blob = upload.commit();
                stopped.referred.set(true);
                return blob;
              }
            });
    Thread uploader = new Thread(uploading, "uploader");
    uploader.start();
    Waiting.until(
        "the upload waits for the verdict", () -> uploader.getState() == Thread.State.WAITING);
    assertEquals(1, stopped.goOn().removed());
    assertEquals(DIGEST, uploading.get().digest());
    assertArrayEquals(BYTES, Blobs.read(stopped.store, DIGEST, 100));
    assertEquals(2, files().size());
  }

  @Test
  void anInterruptEndsACollection() throws Exception {
    publish("w", "1", BYTES);
    FutureTask<CatalogException> collecting =
        new FutureTask<>(
            () -> {
              Thread.currentThread().interrupt();
              return assertThrows(CatalogException.class, this::collect);
            });
    Thread.startVirtualThread(collecting);
    collecting.get();
    assertArrayEquals(BYTES, Blobs.read(blobs, DIGEST, 100));
  }

  @Test
  void aKillInTheMiddleLeavesEveryVersionWhole(@TempDir Path temp) throws Exception {
    catalog.close();
    for (int round = 0; round < 2; round++) {
      try (Publisher collecting = Publisher.collecting(directory, temp, "run-" + round)) {
        for (int line = 0; line < 20 + round; line++) {
          collecting.line();
        }
        collecting.kill();
      }
      catalog = DataDirectory.openCatalog(directory);
      blobs = DataDirectory.openBlobs(directory, catalog);
      long live = 0;
      long files = 0;
      for (Version latest : catalog.latestOfAll(1000, null).items()) {
        for (Version version : catalog.versions(latest.worker(), 100_000, null).items()) {
          assertEquals(version.size(), Blobs.read(blobs, version.digest(), 1 << 16).length);
          live++;
          files += version.size() > ChunkChecksums.CHUNK ? 2 : 1;
        }
      }
      collect();
      assertEquals(files, files().size(), "those of more than a chunk with their checksums");
      assertEquals(new Collected(live, 0, 0, List.of()), collect());
      catalog.close();
    }
    catalog = DataDirectory.openCatalog(directory);
  }
}
