package dev.controlplane.client.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
    name = "generate-completion",
    description = {
      "Writes a script for bash and zsh that completes commands and options.",
      "",
      "Try it at once: source <(cpctl generate-completion)"
    })
final class CompletionCommand implements Callable<Integer> {
  @ParentCommand private Cpctl cpctl;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws OutputException {
    cpctl.out().print(AutoComplete.bash("cpctl", spec.root().commandLine()));
    return ExitCode.OK;
  }
}
