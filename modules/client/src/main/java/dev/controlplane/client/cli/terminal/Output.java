package dev.controlplane.client.cli.terminal;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/**
 * Standard output. Each write reaches the system at once, so that a command learns of a full disk
 * or of a reader that has gone before it does more for nobody.
 */
public final class Output extends OutputStream {
  private static final String NO_READER = "Broken pipe";

  private final OutputStream target;
  private final BooleanSupplier colours;
  private final IntSupplier columns;
  private OutputException failure;

  /**
   * Standard output.
   *
   * @param colours whether it shows colours; asked where they would be used
   * @param columns how wide its lines may be; 0: as wide as they are
   */
  public Output(OutputStream target, BooleanSupplier colours, IntSupplier columns) {
    this.target = target;
    this.colours = colours;
    this.columns = columns;
  }

  /** The text in a style, where colours are shown. */
  public String styled(Style style, String text) {
    return style.of(text, colours.getAsBoolean());
  }

  /** How wide lines may be; 0: as wide as they are. */
  int columns() {
    return columns.getAsInt();
  }

  /** Why something could not be written; null as long as everything could. */
  public OutputException failure() {
    return failure;
  }

  /** What could not be written does not matter. */
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
