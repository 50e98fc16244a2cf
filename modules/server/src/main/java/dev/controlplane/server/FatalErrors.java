package dev.controlplane.server;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ends the process when one of its threads reports an {@link OutOfMemoryError}: a server without
 * memory can answer nobody, and a supervisor restarts a process that has ended.
 *
 * <p>The start scripts pass {@code -XX:+ExitOnOutOfMemoryError}, by which the JVM itself ends. A
 * plain {@code java -jar} doesn't, and a running JVM does not let that option be set. So the error
 * is looked for where it arrives: with the handlers of requests, in what the libraries log, and in
 * threads that end. The exit status is that of the JVM's own option.
 *
 * <p>Known gap: an error that Helidon answers or keeps by itself is not seen here, such as one in a
 * filter before the handler.
 */
final class FatalErrors implements Thread.UncaughtExceptionHandler {
  /** HotSpot's exit status under {@code -XX:+ExitOnOutOfMemoryError}. */
  static final int EXIT_STATUS = 3;

  /** Chains of causes may be circles. */
  private static final int DEPTH = 16;

  private final EventLog log;
  private final OutputStream err;
  private final Runnable halt;
  private final AtomicBoolean ending = new AtomicBoolean();

  /** For the case that there is no memory to make a line of. */
  private final byte[] lastLine;

  FatalErrors(String server, EventLog log, OutputStream err, Runnable halt) {
    this.log = log;
    this.err = err;
    this.halt = halt;
    this.lastLine =
        "level=error server=%s event=out-of-memory\n"
            .formatted(server)
            .getBytes(StandardCharsets.UTF_8);
  }

  /** Has this process end; from now on every thread is watched. */
  static void endsProcess(String server, EventLog log, OutputStream err) {
    FatalErrors watch =
        new FatalErrors(server, log, err, () -> Runtime.getRuntime().halt(EXIT_STATUS));
    log.onFailure(watch::endIfIn);
    Thread.setDefaultUncaughtExceptionHandler(watch);
  }

  /** Ends the process if the failure is, or was caused by, an {@link OutOfMemoryError}. */
  void endIfIn(Throwable failure) {
    Throwable cause = failure;
    for (int i = 0; i < DEPTH && cause != null; i++) {
      if (cause instanceof OutOfMemoryError error) {
        end(error);
        return;
      }
      cause = cause.getCause();
    }
  }

  private void end(OutOfMemoryError error) {
    if (!ending.compareAndSet(false, true)) {
      return; // Another thread writes the line, and halts.
    }
    try {
      log.error(
          "out-of-memory",
          "thread",
          Thread.currentThread().getName(),
          "reason",
          error.getMessage(),
          "remedy",
          "give the JVM more memory with -Xmx, or lower the limits in the server's settings");
    } catch (OutOfMemoryError e) {
      writeLastLine();
    } finally {
      halt.run();
    }
  }

  private void writeLastLine() {
    try {
      err.write(lastLine);
    } catch (IOException e) {
      // nowhere left to say so
    }
  }

  @Override
  public void uncaughtException(Thread thread, Throwable failure) {
    endIfIn(failure);
    log.error("thread-ended", failure, "thread", thread.getName());
  }
}
