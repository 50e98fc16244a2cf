package dev.controlplane.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/**
 * The arguments of a server. It takes its settings from the environment, so it knows {@code --help}
 * only; any other argument is a mistake that must not start a server.
 */
final class CommandLine {
  private static final int OK = 0;
  private static final int USAGE = 2;

  private CommandLine() {}

  /** Answers arguments; the exit code of the process, or empty if the server is to start. */
  static OptionalInt answer(String server, String[] arguments, PrintStream out, PrintStream err) {
    if (arguments.length == 0) {
      return OptionalInt.empty();
    }
    String first = arguments[0];
    if (first.equals("--help") || first.equals("-h")) {
      out.print(usage(server));
      out.print("\nThe settings and their defaults:\n\n" + settings());
      out.flush();
      return OptionalInt.of(OK);
    }
    err.print("%s: unknown argument '%s'; the only one is --help%n".formatted(server, first));
    err.print(usage(server));
    err.flush();
    return OptionalInt.of(USAGE);
  }

  private static String usage(String server) {
    return """
    Usage: %s [--help]
    Starts the server. Each setting is an environment variable, such as STORAGE_PATH=/srv/data.
    """
        .formatted(server);
  }

  private static String settings() {
    try (InputStream yaml = CommandLine.class.getResourceAsStream("/application.yaml")) {
      return new String(yaml.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
