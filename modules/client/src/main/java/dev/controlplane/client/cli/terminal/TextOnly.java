package dev.controlplane.client.cli.terminal;

import java.io.IOException;
import java.io.OutputStream;

/** Refuses to write bytes that are not text to a terminal, because they could change its state. */
public final class TextOnly extends OutputStream {
  private final OutputStream terminal;

  public TextOnly(OutputStream terminal) {
    this.terminal = terminal;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    for (int i = offset; i < offset + length; i++) {
      if (bytes[i] >= 0 && bytes[i] < ' ' && "\t\n\r\f".indexOf(bytes[i]) < 0) {
        throw new IOException(
            "this is not text and stdout is a terminal: name a file by -o FILE, or insist by -o -");
      }
    }
    terminal.write(bytes, offset, length);
  }

  @Override
  public void flush() throws IOException {
    terminal.flush();
  }
}
