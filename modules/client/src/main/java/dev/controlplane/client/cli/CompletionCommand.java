package dev.controlplane.client.cli;

import dev.controlplane.client.cli.terminal.OutputException;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
    name = "completion",
    aliases = "generate-completion",
    description = "Writes a script that completes commands and options.",
    footer = {
      "",
      "Examples:",
      "  source <(cpctl completion bash)",
      "  source <(cpctl completion zsh)",
      "  cpctl completion fish | source"
    })
final class CompletionCommand implements Callable<Integer> {
  /** The shells. */
  enum Shell {
    bash,
    zsh,
    fish
  }

  @ParentCommand private Cpctl cpctl;
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "bash|zsh|fish",
      description = "The shell. Default: bash; zsh understands that script, too.")
  private Shell shell = Shell.bash;

  @Override
  public Integer call() throws OutputException {
    cpctl
        .out()
        .print(
            switch (shell) {
              case bash, zsh -> AutoComplete.bash("cpctl", spec.root().commandLine());
              case fish -> FishCompletion.of(spec.root());
            });
    return ExitCode.OK;
  }
}
