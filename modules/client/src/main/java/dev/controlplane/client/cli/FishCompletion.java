package dev.controlplane.client.cli;

import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Writes a completion script for fish: one {@code complete} line for each command and option. */
final class FishCompletion {
  private FishCompletion() {}

  static String of(CommandSpec root) {
    StringBuilder script = new StringBuilder("complete -c cpctl -e\n");
    commands(script, root, "__fish_use_subcommand");
    for (Map.Entry<String, CommandLine> entry : root.subcommands().entrySet()) {
      CommandSpec command = entry.getValue().getCommandSpec();
      String chosen = "__fish_seen_subcommand_from " + entry.getKey();
      commands(script, command, chosen);
      command.options().stream()
          .filter(option -> !option.hidden())
          .forEach(option -> option(script, option, chosen));
    }
    return script.toString();
  }

  private static void commands(StringBuilder script, CommandSpec parent, String condition) {
    for (Map.Entry<String, CommandLine> entry : parent.subcommands().entrySet()) {
      String[] description = entry.getValue().getCommandSpec().usageMessage().description();
      script
          .append("complete -c cpctl -f -n ")
          .append(quoted(condition))
          .append(" -a ")
          .append(quoted(entry.getKey()))
          .append(" -d ")
          .append(quoted(description.length == 0 ? "" : description[0]))
          .append('\n');
    }
  }

  private static void option(StringBuilder script, OptionSpec option, String condition) {
    script.append("complete -c cpctl -n ").append(quoted(condition));
    for (String name : option.names()) {
      script.append(name.startsWith("--") ? " -l " : " -s ").append(name.replaceFirst("^-+", ""));
    }
    if (option.arity().max() > 0) {
      script.append(" -r");
    }
    String[] description = option.description();
    script
        .append(" -d ")
        .append(quoted(description.length == 0 ? "" : description[0]))
        .append('\n');
  }

  /** Quotes a text for fish, which escapes only these two characters in single quotes. */
  private static String quoted(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }
}
