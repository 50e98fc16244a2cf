package dev.controlplane.client.agent.admission;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * The output of a command, line by line. Not thread-safe.
 *
 * <p>It reads only what is available. A blocking read would last, with a thread and a descriptor,
 * as long as any child of the command keeps the other end of the pipe open.
 */
final class CommandOutput implements AutoCloseable {
  private static final int LONGEST_LINE = 4096;

  private final InputStream stream;
  private final Consumer<String> lines;
  private final byte[] piece = new byte[8192];
  private final byte[] line = new byte[LONGEST_LINE];
  private int length;
  private String last = "";

  CommandOutput(InputStream stream, Consumer<String> lines) {
    this.stream = stream;
    this.lines = lines;
  }

  /** The last line that is not blank; empty for none. */
  String last() {
    return last;
  }

  /** Reads what is available; returns whether there was anything. */
  boolean read() {
    try {
      int there = stream.available();
      if (there <= 0) {
        return false;
      }
      int read = stream.read(piece, 0, Math.min(there, piece.length));
      for (int i = 0; i < read; i++) {
        take(piece[i]);
      }
      return read > 0;
    } catch (IOException e) {
      // The command was killed; its output so far counts.
      return false;
    }
  }

  /** Reads the rest of what the command wrote before it ended. */
  void readRest() {
    while (read()) {
      // Until nothing is left.
    }
    tell();
  }

  private void take(byte b) {
    if (b != '\n') {
      line[length++] = b;
    }
    if (b == '\n' || length == line.length) {
      tell();
    }
  }

  private void tell() {
    String text = new String(line, 0, length, StandardCharsets.UTF_8).strip();
    length = 0;
    if (!text.isEmpty()) {
      last = text;
      lines.accept(text);
    }
  }

  /** Closes the pipe. */
  @Override
  public void close() {
    try {
      stream.close();
    } catch (IOException e) {
      // Nothing is lost: the pipe is only read.
      return;
    }
  }
}
