package dev.controlplane.client.cli.workers;

import dev.controlplane.client.cli.arguments.UsageException;
import picocli.CommandLine.Option;

/** The option {@code --version V}, which may stand in place of the argument VERSION. */
final class VersionOption {
  @Option(
      names = "--version",
      hidden = true,
      paramLabel = "VERSION",
      description = "The same as VERSION.")
  private String option;

  /** Returns the version that the command line names; null if it names none. */
  String or(String argument) {
    if (argument != null && option != null && !argument.equals(option)) {
      throw new UsageException(
          "VERSION is \"%s\" and --version is \"%s\"; name one".formatted(argument, option));
    }
    return argument == null ? option : argument;
  }
}
