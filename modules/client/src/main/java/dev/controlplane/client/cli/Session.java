package dev.controlplane.client.cli;

import dev.controlplane.client.cli.terminal.Terminal;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Map;

/**
 * The streams and the environment of a command.
 *
 * @param in where {@code -} as a file is read from
 * @param out for results only; if a write throws, the command ends
 * @param err for everything else that people should read
 * @param environment variables by name
 * @param terminal which of the streams lead to a terminal
 */
public record Session(
    InputStream in,
    OutputStream out,
    PrintStream err,
    Map<String, String> environment,
    Terminal terminal) {
  /** Creates a session without a terminal. */
  public Session(
      InputStream in, OutputStream out, PrintStream err, Map<String, String> environment) {
    this(in, out, err, environment, Terminal.NONE);
  }

  /** Whether a stream leads to a terminal on which colours are wanted. */
  boolean hasColours(int descriptor) {
    return !Terminal.isPlain(environment) && terminal.is(descriptor);
  }

  /**
   * The width in columns of the terminal that shows the results; 0 if there is none or it is
   * unknown.
   */
  int columns() {
    if (!terminal.is(Terminal.STDOUT)) {
      return 0;
    }
    try {
      return Math.max(0, Integer.parseInt(environment.getOrDefault("COLUMNS", "")));
    } catch (NumberFormatException e) {
      return terminal.columns();
    }
  }
}
