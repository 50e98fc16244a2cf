package dev.controlplane.server;

import dev.controlplane.server.settings.Nearest;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The arguments of a server. Settings are not arguments: they are environment variables or come
 * from the file that {@code --config} names. An unknown argument is an error and never starts a
 * server.
 */
final class CommandLine {
  private static final List<String> OPTIONS = List.of("--config", "--check", "--version", "--help");

  private final String server;
  private final PrintStream out;
  private final PrintStream err;

  CommandLine(String server, PrintStream out, PrintStream err) {
    this.server = server;
    this.out = out;
    this.err = err;
  }

  /** What the arguments ask for. */
  sealed interface Order {
    /**
     * Start the server.
     *
     * @param config the settings file
     * @param check whether only to check if the server could start
     */
    record Start(Optional<Path> config, boolean check) implements Order {}

    /** Do nothing more, because the answer was printed. The process ends with this status. */
    record Answered(int status) implements Order {}
  }

  /** Parses the arguments. For those that start no server, prints the answer. */
  Order read(String... arguments) {
    Optional<Path> config = Optional.empty();
    boolean check = false;
    for (int i = 0; i < arguments.length; i++) {
      String argument = arguments[i];
      String value = null;
      if (argument.startsWith("--config=")) {
        value = argument.substring("--config=".length());
        argument = "--config";
      }
      switch (argument) {
        case "--help", "-h" -> {
          return answer(usage() + "\nThe settings and their defaults:\n\n" + settings());
        }
        case "--version" -> {
          return answer("%s %s\n".formatted(server, Release.version()));
        }
        case "--check" -> check = true;
        case "--config" -> {
          if (value == null && i + 1 < arguments.length) {
            value = arguments[++i];
          }
          if (value == null || value.isEmpty()) {
            return mistake("--config needs a file");
          }
          try {
            config = Optional.of(Path.of(value));
          } catch (InvalidPathException e) {
            return mistake("--config needs a file, not '%s'".formatted(value));
          }
        }
        default -> {
          return mistake(
              "unknown argument '%s'%s"
                  .formatted(
                      argument,
                      Nearest.of(argument.replaceFirst("=.*", ""), OPTIONS)
                          .map("; did you mean %s?"::formatted)
                          .orElse("")));
        }
      }
    }
    return new Order.Start(config, check);
  }

  private Order answer(String text) {
    out.print(text);
    out.flush();
    return new Order.Answered(0);
  }

  private Order mistake(String what) {
    err.printf("%s: %s%n%s", server, what, usage());
    err.flush();
    return new Order.Answered(2);
  }

  private String usage() {
    return """
    Usage: %1$s [--config FILE] [--check]
           %1$s --version | --help
    Starts the server. Each setting is an environment variable, such as STORAGE_PATH=/srv/data.
      --config FILE  settings of a .yaml or .properties file, such as storage-path: /srv/data;
                     environment variables override them
      --check        look at the settings and the data directory, start nothing
      --version      print the release
      --help         print this text and all settings
    Exit status: 0 done, or stopped by SIGTERM; 1 the server can't start; 2 a wrong argument.
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
