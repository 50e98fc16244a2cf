package dev.controlplane.server;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;

/**
 * Ends the process when one of its threads reports an error that no later request mends. A server
 * that stays alive with it answers nobody, and nobody restarts it; a supervisor restarts a process
 * that has ended.
 *
 * <ul>
 *   <li>An {@link OutOfMemoryError}. The start scripts pass {@code -XX:+ExitOnOutOfMemoryError}, by
 *       which the JVM itself ends. A plain {@code java -jar} doesn't, and a running JVM does not
 *       let that option be set. The exit status is that of the JVM's option.
 *   <li>A class that the JVM could not load or initialize, as happens when its file descriptors run
 *       out: the JVM never tries again.
 * </ul>
 *
 * <p>The error is looked for where it arrives: with the handlers of requests, in what the libraries
 * log, in a start that fails, and in threads that end.
 *
 * <p>Known gap: an error within Helidon's own code between a connection and its filters is answered
 * or kept by Helidon, and not seen here.
 */
final class FatalErrors implements Thread.UncaughtExceptionHandler {
  /** HotSpot's exit status under {@code -XX:+ExitOnOutOfMemoryError}. */
  static final int OUT_OF_MEMORY_STATUS = 3;

  /** Chains of causes may be circles. */
  private static final int DEPTH = 16;

  private final EventLog log;
  private final IntConsumer halt;
  private final AtomicBoolean ending = new AtomicBoolean();

  /** For the case that there is no memory to make a line of. */
  private final byte[] lastLine;

  FatalErrors(EventLog log, IntConsumer halt) {
    this.log = log;
    this.halt = halt;
    this.lastLine =
        "level=error server=%s event=out-of-memory\n"
            .formatted(log.server())
            .getBytes(StandardCharsets.UTF_8);
  }

  /** Has this process end; from now on every thread is watched. */
  static void endsProcess(EventLog log) {
    FatalErrors watch = new FatalErrors(log, Runtime.getRuntime()::halt);
    log.onFailure(watch::endIfIn);
    Thread.setDefaultUncaughtExceptionHandler(watch);
  }

  /** Ends the process if the failure is, or was caused by, an error that no request mends. */
  void endIfIn(Throwable failure) {
    Throwable cause = failure;
    for (int i = 0; i < DEPTH && cause != null; i++) {
      switch (cause) {
        case OutOfMemoryError error ->
            end(
                OUT_OF_MEMORY_STATUS,
                "out-of-memory",
                error.getMessage(),
                "give the JVM more memory with -Xmx, or lower the limits in the server's settings");
        case NoClassDefFoundError error -> endWithoutClass(error);
        case ExceptionInInitializerError error -> endWithoutClass(error);
        default -> {}
      }
      cause = cause.getCause();
    }
  }

  private void endWithoutClass(LinkageError error) {
    end(
        Vital.EXIT_STATUS,
        "class-unusable",
        error.getCause() == null ? error : error + ", caused by " + error.getCause(),
        "start the server again; raise its limit of open files if they ran out");
  }

  private void end(int status, String event, Object reason, String remedy) {
    if (!ending.compareAndSet(false, true)) {
      return; // Another thread writes the line, and halts.
    }
    try {
      log.error(
          event, "thread", Thread.currentThread().getName(), "reason", reason, "remedy", remedy);
    } catch (OutOfMemoryError e) {
      log.write(lastLine);
    } finally {
      flushAndHalt(status);
    }
  }

  private void flushAndHalt(int status) {
    try {
      log.flush();
    } finally {
      halt.accept(status);
    }
  }

  @Override
  public void uncaughtException(Thread thread, Throwable failure) {
    endIfIn(failure);
    log.error("thread-ended", failure, "thread", thread.getName());
  }
}
