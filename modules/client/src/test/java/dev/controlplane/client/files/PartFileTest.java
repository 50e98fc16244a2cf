package dev.controlplane.client.files;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.controlplane.client.Fixtures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartFileTest {
  @TempDir private Path directory;

  @Test
  void aFileAppearsUnderItsNameOnlyWhenItIsWhole() throws IOException {
    Path target = directory.resolve("x");
    Files.writeString(target, "old");
    try (PartFile part = PartFile.in(directory)) {
      part.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
      assertEquals("old", Files.readString(target));
      part.publish(target);
    }
    assertArrayEquals(new byte[] {1, 2, 3}, Files.readAllBytes(target));
    assertEquals(List.of("x"), Fixtures.files(directory));
  }

  @Test
  void aFileThatIsGivenUpLeavesNothing() throws IOException {
    try (PartFile part = PartFile.in(directory)) {
      part.write(ByteBuffer.wrap(new byte[10]));
    }
    assertEquals(List.of(), Fixtures.files(directory));
  }

  @Test
  void aRestartForgetsWhatWasWritten() throws IOException {
    Path target = directory.resolve("x");
    try (PartFile part = PartFile.in(directory)) {
      part.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
      part.restart();
      part.write(ByteBuffer.wrap(new byte[] {4}));
      part.publish(target);
    }
    assertArrayEquals(new byte[] {4}, Files.readAllBytes(target));
  }

  @Test
  void aSweepTakesWhatAKilledProcessLeftAndNothingElse() throws IOException {
    String abandoned = ".cpctl-" + "0".repeat(32) + ".part";
    Files.writeString(directory.resolve(abandoned), "half");
    Files.writeString(directory.resolve(".cpctl-notes.part"), "mine");
    Path worker = directory.resolve(".cpctl-" + "1".repeat(32) + ".part");
    Files.createDirectory(worker);
    Files.writeString(worker.resolve("1.0.0"), "a version");
    try (PartFile part = PartFile.in(directory)) {
      part.write(ByteBuffer.wrap(new byte[] {1}));
      PartFile.sweep(directory);
      part.publish(directory.resolve("written meanwhile"));
    }
    assertEquals(
        List.of(directory.relativize(worker) + "/1.0.0", ".cpctl-notes.part", "written meanwhile"),
        Fixtures.files(directory));
  }
}
