package dev.controlplane.client.cli.workers;

import dev.controlplane.client.cli.UsageException;
import picocli.CommandLine.Option;

/** The other way to name a version: {@code --version V} beside the argument VERSION. */
final class VersionOption {
  @Option(
      names = "--version",
      hidden = true,
      paramLabel = "VERSION",
      description = "The same as VERSION.")
  private String option;

  /** The version that the command line names; null if it names none. */
  String or(String argument) {
    if (argument != null && option != null && !argument.equals(option)) {
      throw new UsageException(
          "VERSION is \"%s\" and --version is \"%s\"; name one".formatted(argument, option));
    }
    return argument == null ? option : argument;
  }

  /**
   * The version that the command line names.
   *
   * @param command such as {@code delete}, for the refusal of a line that names none
   */
  String required(String argument, String command) {
    String version = or(argument);
    if (version == null) {
      throw new UsageException("the version is missing: cpctl " + command + " NAME VERSION");
    }
    return version;
  }
}
