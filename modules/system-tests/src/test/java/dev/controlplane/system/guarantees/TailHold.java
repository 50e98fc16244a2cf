package dev.controlplane.system.guarantees;

import dev.controlplane.faults.Hold;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Keeps the tail of a grpc-server that was started with {@link Hold} from looking at the log. */
final class TailHold implements AutoCloseable {
  private final Path file;

  private TailHold(Path file) {
    this.file = file;
  }

  /** Holds it until this is closed. */
  static TailHold by(Path file) {
    try {
      Files.write(file, new byte[0]);
      return new TailHold(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
