package dev.controlplane.server;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;

/**
 * Ends the process on errors from which it can't recover. A server that stayed alive with such an
 * error would answer nobody and not be restarted; a supervisor restarts a process that has ended.
 *
 * <ul>
 *   <li>{@link OutOfMemoryError}. The start scripts pass {@code -XX:+ExitOnOutOfMemoryError}, with
 *       which the JVM ends itself. A plain {@code java -jar} does not, and the option can't be set
 *       in a running JVM. The exit status is that of the option.
 *   <li>A class that could not be loaded or initialized, as when file descriptors run out: the JVM
 *       never tries again.
 * </ul>
 *
 * <p>Errors are detected in request handlers, in messages of libraries, in failed starts, and in
 * threads that end.
 *
 * <p>Known gap: an error in Helidon's own code between a connection and its filters is handled by
 * Helidon and not seen here.
 */
final class FatalErrors implements Thread.UncaughtExceptionHandler {
  /** HotSpot's exit status with {@code -XX:+ExitOnOutOfMemoryError}. */
  static final int OUT_OF_MEMORY_STATUS = 3;

  /** The most causes to follow, because chains of causes may be circular. */
  private static final int DEPTH = 16;

  private final EventLog log;
  private final IntConsumer halt;
  private final AtomicBoolean ending = new AtomicBoolean();

  /** Prepared in advance, in case there is no memory to format a line. */
  private final byte[] lastLine;

  FatalErrors(EventLog log, IntConsumer halt) {
    this.log = log;
    this.halt = halt;
    this.lastLine =
        "level=error server=%s event=out-of-memory\n"
            .formatted(log.server())
            .getBytes(StandardCharsets.UTF_8);
  }

  /** Installs the detection for this process. */
  static void endsProcess(EventLog log) {
    FatalErrors watch = new FatalErrors(log, Runtime.getRuntime()::halt);
    log.onFailure(watch::endIfIn);
    Thread.setDefaultUncaughtExceptionHandler(watch);
  }

  /** Ends the process if the failure is, or was caused by, one of these errors. */
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
      return; // another thread is already writing the line and halting
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
