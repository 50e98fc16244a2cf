package dev.controlplane.client.cli.terminal;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/**
 * Standard output. It is not buffered, so that a command learns at once of a full disk or of a
 * reader that is gone.
 */
public final class Output extends OutputStream {
  private static final String NO_READER = "Broken pipe";

  private final OutputStream target;
  private final BooleanSupplier colours;
  private final IntSupplier columns;
  private OutputException failure;

  /**
   * Creates an output.
   *
   * @param colours whether it shows colours; called only when a style is used
   * @param columns the width in columns that lines should fit; 0 for no limit
   */
  public Output(OutputStream target, BooleanSupplier colours, IntSupplier columns) {
    this.target = target;
    this.colours = colours;
    this.columns = columns;
  }

  /** Returns the text in a style, or unchanged if colours are off. */
  public String styled(Style style, String text) {
    return style.of(text, colours.getAsBoolean());
  }

  /** The width in columns that lines should fit; 0 for no limit. */
  int columns() {
    return columns.getAsInt();
  }

  /** Returns why something could not be written; null if everything was. */
  public OutputException failure() {
    return failure;
  }

  /** Forgets a failed write, because the command goes on without output. */
  public void forgive() {
    failure = null;
  }

  /** Writes a text in one piece. */
  public void print(String text) throws OutputException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    write(bytes, 0, bytes.length);
    flush();
  }

  @Override
  public void write(int b) throws OutputException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws OutputException {
    try {
      target.write(bytes, offset, length);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  public void flush() throws OutputException {
    try {
      target.flush();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private OutputException failed(IOException e) {
    failure = new OutputException(NO_READER.equals(e.getMessage()), e);
    return failure;
  }
}
