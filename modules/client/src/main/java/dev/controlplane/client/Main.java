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
  /** What a command that was interrupted may take to clean up. */
  private static final Duration CLEANUP = Duration.ofSeconds(2);

  private Main() {}

  /** Runs one command and exits with its code. */
  public static void main(String[] arguments) {
    LibraryLog.turnOff();
    Thread main = Thread.currentThread();
    Thread interruption = new Thread(() -> interrupt(main), "interruption");
    Runtime.getRuntime().addShutdownHook(interruption);
    // JSON is UTF-8 whatever the locale; people whose terminal is not are rarer every year.
    FileOutputStream out = new FileOutputStream(FileDescriptor.out);
    PrintStream err =
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    int code =
        new Cpctl(new Session(System.in, out, err, System.getenv(), new SystemTerminal()))
            .run(arguments);
    err.flush();
    // Fails when a signal has begun to end the process: its exit code stands, then.
    if (removed(interruption)) {
      System.exit(code);
    }
  }

  /** Ctrl-C and SIGTERM: lets the command remove what it has half written. */
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
