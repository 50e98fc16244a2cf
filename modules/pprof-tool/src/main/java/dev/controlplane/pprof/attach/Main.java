package dev.controlplane.pprof.attach;

import java.io.PrintStream;
import java.util.List;
import java.util.OptionalInt;

/** The whole tool: {@code attach}, and the commands of the library. */
public final class Main {
  private static final String HELP =
      """
      Usage: java -jar pprof.jar attach PID      serves the profiles of a running JVM
             java -jar pprof.jar top FILE|URL... shows the functions of a profile
             java -jar pprof.jar diff BEFORE AFTER
                                                 shows by how much each function grew
             java -jar pprof.jar convert FILE    makes a profile of a thread dump or a
                                                 JFR recording

      Each command has --help.
      Exit code: 0 done, 1 not possible, 2 if the command is wrong.
      """;

  private Main() {}

  /** Runs the command and exits with its code. */
  public static void main(String[] args) {
    OptionalInt code = run(List.of(args), System.out, System.err);
    if (code.isEmpty()) {
      dev.controlplane.pprof.tool.Main.main(args);
      return;
    }
    System.out.flush();
    System.exit(code.getAsInt());
  }

  /** Returns the exit code; empty for a command of the library, which is not run here. */
  static OptionalInt run(List<String> args, PrintStream out, PrintStream err) {
    String command = args.isEmpty() ? "" : args.getFirst();
    return switch (command) {
      case "top", "diff", "convert" -> OptionalInt.empty();
      case "attach" ->
          OptionalInt.of(new AttachCommand(out, err).run(args.subList(1, args.size())));
      case "-h", "--help", "help" -> {
        out.print(HELP);
        yield OptionalInt.of(0);
      }
      default -> {
        err.println(
            command.isEmpty()
                ? "pprof: no command; expected attach, top, diff or convert"
                : "pprof: unknown command " + command + "; expected attach, top, diff or convert");
        err.println("Try: java -jar pprof.jar --help");
        yield OptionalInt.of(2);
      }
    };
  }
}
