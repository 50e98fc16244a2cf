package dev.controlplane.client.files;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.client.DamagedException;
import dev.controlplane.client.Fixtures;
import dev.controlplane.client.InvalidNameException;
import dev.controlplane.client.stream.Update;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VersionDirectoryTest {
  private static final byte[] BYTES = Fixtures.random(5000);
  private static final VersionDirectory.Fetch NO_FETCH =
      (update, sink) -> {
        throw new IOException("fetched " + update);
      };

  @TempDir private Path parent;
  private Path root;

  @BeforeEach
  void nameRoot() {
    root = parent.resolve("saved");
  }

  private VersionDirectory directory() throws IOException {
    return new VersionDirectory(root, NO_FETCH);
  }

  @Test
  void aVersionThatCameWithItsUpdateIsWrittenUnderItsNames() throws Exception {
    assertEquals(
        VersionDirectory.Outcome.WRITTEN,
        directory().apply(Fixtures.published("ü w.js", "1.0 β", BYTES)));
    assertArrayEquals(BYTES, Files.readAllBytes(root.resolve("ü w.js").resolve("1.0 β")));
    assertEquals(List.of("ü w.js/1.0 β"), Fixtures.files(root));
  }

  @Test
  void aVersionOfNoBytesIsAFileOfNoBytes() throws Exception {
    directory().apply(Fixtures.published("w", "v", new byte[0]));
    assertEquals(0, Files.size(root.resolve("w/v")));
  }

  @Test
  void aLargeVersionIsFetched() throws Exception {
    VersionDirectory directory =
        new VersionDirectory(root, (_, sink) -> sink.write(ByteBuffer.wrap(BYTES)));
    Update update =
        Fixtures.update(
            Update.Kind.ROLLED_BACK, "w", "v", Fixtures.sha256(BYTES), BYTES.length, new byte[0]);
    assertEquals(VersionDirectory.Outcome.WRITTEN, directory.apply(update));
    assertArrayEquals(BYTES, Files.readAllBytes(root.resolve("w/v")));
  }

  @Test
  void aFetchThatFailsLeavesNoFile() throws Exception {
    AtomicInteger bytes = new AtomicInteger();
    VersionDirectory directory =
        new VersionDirectory(
            root,
            (_, sink) -> {
              sink.write(ByteBuffer.wrap(BYTES, 0, 100));
              bytes.addAndGet(100);
              throw new IOException("broken");
            });
    Update update =
        Fixtures.update(
            Update.Kind.PUBLISHED, "w", "v", Fixtures.sha256(BYTES), BYTES.length, new byte[0]);
    assertThrows(IOException.class, () -> directory.apply(update));
    assertEquals(100, bytes.get());
    assertEquals(List.of(), Fixtures.files(root));
  }

  @Test
  void bytesWithAnotherDigestAreNotSaved() throws Exception {
    Update update =
        Fixtures.update(
            Update.Kind.PUBLISHED, "w", "v", Fixtures.sha256(new byte[] {1}), BYTES.length, BYTES);
    assertThrows(DamagedException.class, () -> directory().apply(update));
    assertEquals(List.of(), Fixtures.files(root));
  }

  @Test
  void aFileThatHasTheBytesAlreadyIsNeitherFetchedNorWritten() throws Exception {
    Files.createDirectories(root.resolve("w"));
    Files.write(root.resolve("w/v"), BYTES);
    Update update =
        Fixtures.update(
            Update.Kind.ROLLED_BACK, "w", "v", Fixtures.sha256(BYTES), BYTES.length, new byte[0]);
    assertEquals(VersionDirectory.Outcome.UNCHANGED, directory().apply(update));
  }

  @Test
  void aFileThatWasChangedIsMadeGoodAgain() throws Exception {
    Files.createDirectories(root.resolve("w"));
    byte[] tampered = BYTES.clone();
    tampered[7] ^= 1;
    Files.write(root.resolve("w/v"), tampered);
    directory().apply(Fixtures.published("w", "v", BYTES));
    assertArrayEquals(BYTES, Files.readAllBytes(root.resolve("w/v")));
  }

  @ParameterizedTest
  @CsvSource({".., x", "w, ..", "., x", "w, .", "../x, v", "w, ../../x", "/tmp, v", "'a\\b', v"})
  void noNameLeadsOutOfTheDirectory(String worker, String version) throws Exception {
    VersionDirectory directory = directory();
    assertThrows(
        InvalidNameException.class,
        () -> directory.apply(Fixtures.published(worker, version, BYTES)));
    assertThrows(
        InvalidNameException.class,
        () -> directory.apply(Fixtures.deleted(worker, version, BYTES)));
    assertEquals(List.of(), Fixtures.files(parent));
  }

  @Test
  void aLinkInPlaceOfAWorkersDirectoryIsNotFollowed() throws Exception {
    Path outside = Files.createDirectory(parent.resolve("outside"));
    Files.write(outside.resolve("old"), BYTES);
    VersionDirectory directory = directory();
    Files.createSymbolicLink(root.resolve("w"), outside);
    assertThrows(IOException.class, () -> directory.apply(Fixtures.published("w", "v", BYTES)));
    assertEquals(
        VersionDirectory.Outcome.NOTHING, directory.apply(Fixtures.deleted("w", "old", BYTES)));
    assertEquals(List.of("old"), Fixtures.files(outside));
  }

  @Test
  void aLinkInPlaceOfAVersionIsReplacedAndItsTargetLeftAlone() throws Exception {
    Path outside = Files.writeString(parent.resolve("outside"), "mine");
    VersionDirectory directory = directory();
    Files.createDirectory(root.resolve("w"));
    Files.createSymbolicLink(root.resolve("w/v"), outside);
    directory.apply(Fixtures.published("w", "v", BYTES));
    assertEquals("mine", Files.readString(outside));
    assertTrue(!Files.isSymbolicLink(root.resolve("w/v")));
  }

  @Test
  void aWorkerMayBeCalledAsOurOwnTemporaryFilesAre() throws Exception {
    String name = ".cpctl-" + "a".repeat(32) + ".part";
    directory().apply(Fixtures.published(name, name, BYTES));
    directory().apply(Fixtures.published("w", name, BYTES));
    assertEquals(List.of(name + "/" + name, "w/" + name), Fixtures.files(directory().root()));
  }

  @Test
  void theLongestNamesAreSaved() throws Exception {
    String name = "n".repeat(255);
    directory().apply(Fixtures.published(name, name, BYTES));
    assertEquals(List.of(name + "/" + name), Fixtures.files(root));
  }

  @Test
  void aDeletedVersionIsRemovedAndWithTheLastOneItsWorker() throws Exception {
    VersionDirectory directory = directory();
    directory.apply(Fixtures.published("w", "1", BYTES));
    directory.apply(Fixtures.published("w", "2", BYTES));
    assertEquals(
        VersionDirectory.Outcome.REMOVED, directory.apply(Fixtures.deleted("w", "1", BYTES)));
    assertEquals(List.of("w/2"), Fixtures.files(root));
    directory.apply(Fixtures.deleted("w", "2", BYTES));
    assertTrue(Files.notExists(root.resolve("w")));
    assertEquals(
        VersionDirectory.Outcome.NOTHING, directory.apply(Fixtures.deleted("w", "2", BYTES)));
  }

  @Test
  void aDirectoryInPlaceOfAVersionIsNamedInTheError() throws Exception {
    Files.createDirectories(root.resolve("w/v"));
    IOException failure =
        assertThrows(
            IOException.class, () -> directory().apply(Fixtures.published("w", "v", BYTES)));
    assertTrue(failure.getMessage().contains("is a directory"), failure::getMessage);
  }
}
