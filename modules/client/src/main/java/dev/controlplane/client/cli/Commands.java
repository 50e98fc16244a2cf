package dev.controlplane.client.cli;

import dev.controlplane.client.cli.agent.AgentCommand;
import dev.controlplane.client.cli.doctor.DoctorCommand;
import dev.controlplane.client.cli.follow.EventsCommand;
import dev.controlplane.client.cli.follow.SubscribeCommand;
import dev.controlplane.client.cli.follow.WatchCommand;
import dev.controlplane.client.cli.workers.DeleteCommand;
import dev.controlplane.client.cli.workers.GetCommand;
import dev.controlplane.client.cli.workers.InfoCommand;
import dev.controlplane.client.cli.workers.ListCommand;
import dev.controlplane.client.cli.workers.RetryCommand;
import dev.controlplane.client.cli.workers.RollbackCommand;
import dev.controlplane.client.cli.workers.UploadCommand;
import dev.controlplane.client.cli.workers.VersionsCommand;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * The commands by name, in the order in which the help lists them. A command line creates only the
 * command that it runs, because creating the options of all takes longer than most commands.
 */
final class Commands {
  /** All commands. */
  static final Map<String, Class<?>> ALL = all();

  /** The commands whose output depends on the other commands. */
  private static final Set<Class<?>> ABOUT_COMMANDS =
      Set.of(HelpCommand.class, CompletionCommand.class);

  private Commands() {}

  private static Map<String, Class<?>> all() {
    Map<String, Class<?>> all = new LinkedHashMap<>();
    all.put("upload", UploadCommand.class);
    all.put("get", GetCommand.class);
    all.put("info", InfoCommand.class);
    all.put("versions", VersionsCommand.class);
    all.put("list", ListCommand.class);
    all.put("rollback", RollbackCommand.class);
    all.put("delete", DeleteCommand.class);
    all.put("subscribe", SubscribeCommand.class);
    all.put("watch", WatchCommand.class);
    all.put("events", EventsCommand.class);
    all.put("agent", AgentCommand.class);
    all.put("consumers", ConsumersCommand.class);
    all.put("status", StatusCommand.class);
    all.put("retry", RetryCommand.class);
    all.put("gc", GcCommand.class);
    all.put("compact", CompactCommand.class);
    all.put("doctor", DoctorCommand.class);
    all.put("version", VersionCommand.class);
    all.put("help", HelpCommand.class);
    all.put("completion", CompletionCommand.class);
    return Collections.unmodifiableMap(all);
  }

  /** Returns the commands that a command line with this first argument needs. */
  static Map<String, Class<?>> wanted(String first) {
    Class<?> one = ALL.get(first);
    return one == null || ABOUT_COMMANDS.contains(one) ? ALL : Map.of(first, one);
  }

  /** Adds headings and exit codes to the help of a command and its subcommands. */
  static void describe(CommandLine line) {
    CommandSpec command = line.getCommandSpec();
    line.getSubcommands().values().forEach(Commands::describe);
    command
        .usageMessage()
        .exitCodeListHeading("%nExit codes:%n")
        .exitCodeList(
            command.parent() == null
                ? ExitCode.all(
                    command.subcommands().values().stream().map(CommandLine::getCommandSpec))
                : ExitCode.of(command, !ABOUT_COMMANDS.contains(command.userObject().getClass())))
        .optionListHeading("%nOptions:%n")
        .parameterListHeading("%n")
        .commandListHeading("%nCommands:%n");
  }
}
