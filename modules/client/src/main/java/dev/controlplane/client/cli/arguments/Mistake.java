package dev.controlplane.client.cli.arguments;

import dev.controlplane.client.cli.terminal.Text;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Describes a mistake in a command line, and what was probably meant. */
public final class Mistake {
  private static final Set<Class<?>> NUMBERS =
      Set.of(int.class, Integer.class, long.class, Long.class);

  private Mistake() {}

  /** Returns one line for people. */
  public static String told(ParameterException failure) {
    // The unknown option comes first: it may be the missing one, misspelt.
    List<String> unmatched = failure.getCommandLine().getUnmatchedArguments();
    boolean missing = failure instanceof MissingParameterException;
    if (unmatched.isEmpty() || !(missing || failure instanceof UnmatchedArgumentException)) {
      return noNumber(failure).orElseGet(() -> Text.line(failure.getMessage()));
    }
    CommandSpec command = failure.getCommandLine().getCommandSpec();
    String typed = unmatched.getFirst();
    if (isOption(typed)) {
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
    if (missing) {
      return Text.line(failure.getMessage());
    }
    return "%s takes no further argument \"%s\"".formatted(command.qualifiedName(), typed);
  }

  /** Describes a value that is not a number; picocli's own message has Java's types. */
  private static Optional<String> noNumber(ParameterException failure) {
    ArgSpec argument = failure.getArgSpec();
    if (argument == null || failure.getValue() == null || !NUMBERS.contains(argument.type())) {
      return Optional.empty();
    }
    String name =
        argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
    return Optional.of(
        "%s: \"%s\" is not a whole number%s"
            .formatted(
                name,
                Text.line(failure.getValue()),
                failure.getValue().matches("[+-]?[0-9]+") ? " that cpctl can take" : ""));
  }

  private static boolean isOption(String typed) {
    return typed.startsWith("-") && typed.length() > 1;
  }

  /** Returns the line for a word where a command should be. */
  public static String unknownCommand(CommandSpec parent, String typed) {
    return "%s has no command \"%s\"%s"
        .formatted(parent.qualifiedName(), typed, meant(typed, parent.subcommands().keySet()));
  }

  private static String meant(String typed, Collection<String> known) {
    return Nearest.of(typed, known).map(name -> "; did you mean " + name + "?").orElse("");
  }
}
