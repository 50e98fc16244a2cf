package dev.controlplane.client.cli.workers;

import dev.controlplane.client.cli.arguments.UsageException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/**
 * The arguments NAME and VERSION of a command that needs both. Picocli takes them as optional, so
 * that one message names all that is missing.
 */
final class WorkerVersion {
  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "NAME",
      hideParamSyntax = true,
      description = "The worker.")
  private String name;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "VERSION",
      hideParamSyntax = true,
      description = "The version.")
  private String argument;

  @Mixin private VersionOption option;

  /** The worker. */
  String name() {
    return name;
  }

  /**
   * Returns the version.
   *
   * @param command such as {@code delete}, for the message if something is missing
   * @throws UsageException if the worker or the version is missing
   */
  String version(String command) {
    String version = option.or(argument);
    if (name == null || version == null) {
      String missing =
          name != null
              ? "the version is missing"
              : version != null
                  ? "the worker is missing"
                  : "the worker and the version are missing";
      throw new UsageException(missing + ": cpctl " + command + " NAME VERSION");
    }
    return version;
  }
}
