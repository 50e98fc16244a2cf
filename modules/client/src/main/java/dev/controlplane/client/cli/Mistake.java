package dev.controlplane.client.cli;

import dev.controlplane.client.cli.terminal.Text;
import java.util.Collection;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is wrong with a command line, and what may have been meant. */
final class Mistake {
  private Mistake() {}

  /** One line for people. */
  static String told(ParameterException failure) {
    if (!(failure instanceof UnmatchedArgumentException unmatched)) {
      return Text.line(failure.getMessage());
    }
    CommandSpec command = failure.getCommandLine().getCommandSpec();
    String typed = unmatched.getUnmatched().getFirst();
    if (unmatched.isUnknownOption()) {
      String name = typed.split("=", 2)[0];
      List<String> known =
          command.options().stream()
              .filter(option -> !option.hidden())
              .flatMap(option -> List.of(option.names()).stream())
              .toList();
      return "%s has no option \"%s\"%s"
          .formatted(command.qualifiedName(), name, meant(name, known));
    }
    if (!command.subcommands().isEmpty() && command.positionalParameters().isEmpty()) {
      return unknownCommand(command, typed);
    }
    return "%s takes no further argument \"%s\"".formatted(command.qualifiedName(), typed);
  }

  /** For a word where a command should be. */
  static String unknownCommand(CommandSpec parent, String typed) {
    return "%s has no command \"%s\"%s"
        .formatted(parent.qualifiedName(), typed, meant(typed, parent.subcommands().keySet()));
  }

  private static String meant(String typed, Collection<String> known) {
    return Nearest.of(typed, known).map(name -> "; did you mean " + name + "?").orElse("");
  }
}
