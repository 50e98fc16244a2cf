package dev.controlplane.pprof.attach;

import java.util.List;

/** The whole tool: {@code attach}, and the commands of the library. */
public final class Main {
  private Main() {}

  /** Runs the command and exits with its code. */
  public static void main(String[] args) {
    if (args.length == 0 || !args[0].equals("attach")) {
      dev.controlplane.pprof.tool.Main.main(args);
      return;
    }
    int code = new AttachCommand(System.out, System.err).run(List.of(args).subList(1, args.length));
    System.out.flush();
    System.exit(code);
  }
}
