package dev.controlplane.client.cli;

import dev.controlplane.client.cli.terminal.Terminal;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Map;

/**
 * What a command has to do with: its streams and its environment.
 *
 * @param in where {@code -} as a file is read from
 * @param out results, and nothing else; where it throws, the command ends
 * @param err everything for people that is not the result
 * @param environment variables by name
 * @param terminal which of the streams people look at
 */
public record Session(
    InputStream in,
    OutputStream out,
    PrintStream err,
    Map<String, String> environment,
    Terminal terminal) {
  /** One that nobody looks at. */
  public Session(
      InputStream in, OutputStream out, PrintStream err, Map<String, String> environment) {
    this(in, out, err, environment, Terminal.NONE);
  }

  /** Whether a stream shows colours to somebody who wants them. */
  boolean hasColours(int descriptor) {
    return !Terminal.isPlain(environment) && terminal.is(descriptor);
  }

  /** The width of the terminal that shows the results; 0 where none does, or it is not known. */
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
