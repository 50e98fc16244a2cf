package dev.controlplane.catalog.sql;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.catalog.Version;
import dev.controlplane.catalog.database.CommitSignal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownRowsTest {
  @TempDir Path directory;
  private int reads;

  private Optional<Version> read() {
    reads++;
    return Optional.empty();
  }

  @Test
  void aFullMemoryForgetsRowsOneByOne() throws IOException {
    int many = KnownRows.MAX_ROWS + 100;
    try (CommitSignal _ = CommitSignal.toWrite(directory);
        KnownRows rows = new KnownRows(directory)) {
      rows.changed();
      for (int round = 0; round < 2; round++) {
        for (int i = 0; i < many; i++) {
          rows.version("worker-" + i, null, this::read);
        }
      }
    }
    assertTrue(reads < many + KnownRows.MAX_ROWS / 2, () -> reads + " reads for " + many);
  }
}
