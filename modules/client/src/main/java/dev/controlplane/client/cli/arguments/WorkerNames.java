package dev.controlplane.client.cli.arguments;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The option {@code --worker} of commands that subscribe. */
public final class WorkerNames {
  @Option(
      names = "--worker",
      arity = "1..*",
      paramLabel = "N",
      description = "Only these workers; may be repeated. Default: all.")
  private List<String> given = new ArrayList<>();

  /** The workers that the command line names; empty for all. */
  public List<String> given() {
    return given;
  }
}
