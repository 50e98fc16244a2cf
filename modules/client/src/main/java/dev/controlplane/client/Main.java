package dev.controlplane.client;

import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.LibraryLog;
import dev.controlplane.client.cli.Session;
import dev.controlplane.client.cli.terminal.SystemTerminal;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** The {@code cpctl} command. */
public final class Main {
  /** How long an interrupted command may take to clean up. */
  private static final Duration CLEANUP = Duration.ofSeconds(2);

  private Main() {}

  /** Runs a command and exits with its code. */
  public static void main(String[] arguments) {
    LibraryLog.turnOff();
    Thread main = Thread.currentThread();
    Thread interruption = new Thread(() -> interrupt(main), "interruption");
    Runtime.getRuntime().addShutdownHook(interruption);
    // UTF-8 whatever the locale, because JSON is UTF-8, and so are nearly all terminals.
    FileOutputStream out = new FileOutputStream(FileDescriptor.out);
    PrintStream err =
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    int code =
        new Cpctl(new Session(System.in, out, err, System.getenv(), new SystemTerminal()))
            .run(arguments);
    err.flush();
    // Removing the hook fails if a signal already ends the process; its exit code then stands.
    if (removed(interruption)) {
      System.exit(code);
    }
  }

  /** On Ctrl-C and SIGTERM: interrupts the command and lets it remove partial files. */
  private static void interrupt(Thread main) {
    main.interrupt();
    try {
      main.join(CLEANUP);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean removed(Thread hook) {
    try {
      return Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return false;
    }
  }
}
