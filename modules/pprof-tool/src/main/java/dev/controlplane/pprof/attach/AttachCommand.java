package dev.controlplane.pprof.attach;

import java.io.PrintStream;
import java.util.List;

/** {@code java -jar pprof.jar attach PID}. */
final class AttachCommand {
  private static final String HELP =
      """
      Usage: java -jar pprof.jar attach PID [--port PORT]

      Serves the profiles of a running JVM, JDK 21 or later, of the same user, on
      this machine only, until this command ends. The JVM loads this jar as an
      agent; nothing of the program is changed. jps lists the JVMs.

        --port PORT  where to serve; by default the system chooses a port
        -h, --help   this text

      Exit code: 0 after Ctrl-C or the end of the JVM, 1 if it can't be attached
      to, 2 if the command is wrong.
      """;

  /** The profiles of a JVM that lacks nothing. */
  private static final List<String> ALL =
      List.of(
          "allocs",
          "block",
          "deadlock",
          "goroutine",
          "goroutineleak",
          "heap",
          "mutex",
          "profile",
          "threadcreate",
          "trace");

  private static final class UsageException extends Exception {
    private static final long serialVersionUID = 1;

    UsageException(String message) {
      super(message);
    }
  }

  private record Wish(long pid, int port) {}

  private final PrintStream out;
  private final PrintStream err;

  AttachCommand(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  int run(List<String> arguments) {
    if (arguments.contains("-h") || arguments.contains("--help")) {
      out.print(HELP);
      return 0;
    }
    try {
      Wish wish = parse(arguments);
      Target target = Target.of(wish.pid);
      tell(wish.pid, Attachment.to(target, wish.port));
      ProcessHandle.of(wish.pid).ifPresent(process -> process.onExit().join());
      out.println("process " + wish.pid + " has ended");
      return 0;
    } catch (UsageException e) {
      complain(e.getMessage());
      err.println("Try: java -jar pprof.jar attach --help");
      return 2;
    } catch (AttachException e) {
      complain(e.getMessage());
      return 1;
    } catch (NoClassDefFoundError e) {
      complain("this Java has no module jdk.attach: use a JDK, or a runtime that has the module");
      return 1;
    }
  }

  private static Wish parse(List<String> arguments) throws UsageException {
    long pid = 0;
    int port = 0;
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.equals("--port") || argument.startsWith("--port=")) {
        String value =
            argument.length() > 6
                ? argument.substring("--port=".length())
                : ++i < arguments.size() ? arguments.get(i) : "";
        port = (int) number(value, 65_535, "--port is \"%s\", expected a port from 0 to 65535");
      } else if (argument.startsWith("-")) {
        throw new UsageException("unknown option " + argument);
      } else if (pid != 0) {
        throw new UsageException("one process at a time, not " + pid + " and " + argument);
      } else {
        pid =
            number(argument, Integer.MAX_VALUE, "\"%s\" is no process id; jps lists those of JVMs");
      }
    }
    if (pid == 0) {
      throw new UsageException("no process id; jps lists those of JVMs");
    }
    return new Wish(pid, port);
  }

  private static long number(String text, long most, String otherwise) throws UsageException {
    if (!text.matches("\\d{1,10}") || Long.parseLong(text) > most) {
      throw new UsageException(otherwise.formatted(text));
    }
    return Long.parseLong(text);
  }

  private void tell(long pid, Attachment attached) {
    String root = "http://" + attached.address() + "/debug/pprof/";
    out.printf(
        "process %d, %s on %s, serves its profiles until Ctrl-C:%n%n",
        pid, attached.program(), attached.version());
    out.println("  go tool pprof " + root + "goroutine");
    out.println("  java -jar pprof.jar top " + root + "goroutine");
    out.println("  " + root + "ui in a browser");
    out.println();
    out.println("profiles: " + String.join(", ", attached.profiles()));
    List<String> missing =
        ALL.stream().filter(name -> !attached.profiles().contains(name)).toList();
    if (!missing.isEmpty()) {
      out.println(
          "this JVM does not give: "
              + String.join(", ", missing)
              + ", for it has no Flight Recorder: its module jdk.jfr is missing, or it was started"
              + " with -XX:-FlightRecorder");
    }
    out.println(
        "not shown: where goroutines were created, and labels, which the program itself would have"
            + " to record");
    out.flush();
  }

  private void complain(String problem) {
    err.println("pprof: " + problem.replaceAll("\\p{Cntrl}", "?"));
  }
}
