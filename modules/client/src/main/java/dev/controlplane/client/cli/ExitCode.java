package dev.controlplane.client.cli;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;

/** The exit codes of cpctl, and their lines in the help. */
public final class ExitCode {
  public static final int OK = 0;
  public static final int FAILED = 1;
  static final int USAGE = 2;
  public static final int UNREACHABLE = 3;
  static final int NOT_FOUND = 4;
  static final int CONFLICT = 5;
  static final int DAMAGED = 6;
  public static final int NOT_ACTIVE = 7;
  static final int INTERRUPTED = 130;

  /** The code that shells give for a program ended by SIGPIPE. */
  static final int NO_READER = 141;

  /** A line for {@link picocli.CommandLine.Command#exitCodeList}: code, colon, meaning. */
  public static final String HELP_NOT_FOUND = "4:No such worker, version or consumer.";

  public static final String HELP_CONFLICT = "5:Conflict: the version exists with other bytes.";

  /** The meaning of 5 in the help of cpctl itself; each command has a meaning of its own. */
  private static final String ANY_CONFLICT =
      "Conflict with what is there: other bytes, not the latest version, a consumer that is"
          + " connected.";

  public static final String HELP_DAMAGED =
      "6:The bytes do not have their SHA-256; nothing was kept.";
  public static final String HELP_NOT_ACTIVE =
      "7:Not active at enough consumers (upload --wait-active).";

  private static final List<String> EVERYWHERE =
      List.of(
          "0:Done.",
          "1:Failed for a reason that is not listed here.",
          "2:Wrong usage: an option, a name or a value that is not allowed.",
          "141:The reader of standard output is gone, such as head that has enough.");
  private static final List<String> WITH_SERVERS =
      List.of("3:A server can't be reached, or the connection broke.", "130:Interrupted.");

  private ExitCode() {}

  /**
   * Returns the codes that a command can end with: those of all commands, and those that it
   * declares. A code that it declares without a meaning is none of its codes.
   */
  static Map<String, String> of(CommandSpec command, boolean asksServers) {
    Map<String, String> codes = new TreeMap<>(Comparator.comparingInt(Integer::parseInt));
    Stream.of(EVERYWHERE, asksServers ? WITH_SERVERS : List.<String>of())
        .flatMap(List::stream)
        .map(line -> line.split(":", 2))
        .forEach(line -> codes.put(line[0], line[1]));
    codes.putAll(command.usageMessage().exitCodeList());
    codes.values().removeIf(String::isEmpty);
    return codes;
  }

  /** Returns all codes of all commands. */
  static Map<String, String> all(Stream<CommandSpec> commands) {
    Map<String, String> codes = new TreeMap<>(Comparator.comparingInt(Integer::parseInt));
    codes.put("5", ANY_CONFLICT);
    commands.forEach(command -> of(command, true).forEach(codes::putIfAbsent));
    return codes;
  }
}
