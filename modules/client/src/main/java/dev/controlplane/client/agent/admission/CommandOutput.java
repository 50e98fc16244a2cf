package dev.controlplane.client.agent.admission;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * What a command writes, line by line.
 *
 * <p>It reads only what is there already. A read that waits would go on for as long as any child of
 * the command has the other end of the pipe, with a thread and a descriptor.
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

  /** The last line with something in it; empty where there was none. */
  String last() {
    return last;
  }

  /** Reads what is there; whether there was anything. */
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
      // The command was killed; what it had written so far counts.
      return false;
    }
  }

  /** Reads what the command had written before it ended. */
  void readRest() {
    while (read()) {
      // All of it.
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

  /** Lets go of the pipe. */
  @Override
  public void close() {
    try {
      stream.close();
    } catch (IOException e) {
      // Nothing was to be written.
      return;
    }
  }
}
