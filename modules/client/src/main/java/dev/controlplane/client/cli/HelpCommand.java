package dev.controlplane.client.cli;

import dev.controlplane.client.cli.arguments.Mistake;
import dev.controlplane.client.cli.arguments.UsageException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "help",
    description = "Shows the help of a command, as cpctl COMMAND --help does.",
    footer = {"", "Examples:", "  cpctl help upload", "  cpctl help consumers forget"})
final class HelpCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..*",
      paramLabel = "COMMAND",
      description = "The command. Default: cpctl itself, with the list of all.")
  private List<String> names = List.of();

  @Override
  public Integer call() {
    CommandLine found = spec.root().commandLine();
    for (String name : names) {
      CommandLine below = found.getSubcommands().get(name);
      if (below == null) {
        throw new UsageException(Mistake.unknownCommand(found.getCommandSpec(), name));
      }
      found = below;
    }
    found.usage(spec.root().commandLine().getOut());
    return ExitCode.OK;
  }
}
