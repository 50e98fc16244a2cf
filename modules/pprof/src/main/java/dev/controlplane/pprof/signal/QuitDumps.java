package dev.controlplane.pprof.signal;

import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.Goroutines;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Writes a dump of all goroutines for each {@code kill -QUIT <pid>} or {@code jcmd <pid>
 * JVMTI.data_dump}, to a file {@code goroutine-dump-<server>-<yyyyMMdd-HHmmss>.txt}. If the file
 * can't be written, the dump and the reason go to stderr. The process continues.
 *
 * <p>On SIGQUIT, HotSpot first prints its own dump of platform threads to stdout. This can't be
 * prevented from within the process.
 *
 * @since 0.1.0
 */
public final class QuitDumps implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger(QuitDumps.class.getName());

  private final BlockingQueue<Instant> requests = new LinkedBlockingQueue<>();
  private final String server;
  private final Path directory;
  private final GoroutineProfiler profiler;
  private final DataDumpRequests events;
  private final Thread writer;

  private QuitDumps(String server, Path directory, GoroutineProfiler profiler) {
    this.server = server;
    this.directory = directory;
    this.profiler = profiler;
    // Only queues the request: the calling thread serves all signals.
    this.events = DataDumpRequests.start(() -> requests.add(Instant.now()));
    // A platform thread, because dumps are most needed when the carriers of virtual threads are
    // stuck.
    this.writer =
        Goroutines.factory(Thread.ofPlatform().daemon().name("signal-dispatcher"))
            .newThread(this::dispatch);
    writer.start();
  }

  /**
   * Starts to write dumps.
   *
   * @param server name of the process, part of the file names
   * @param directory for the files; a relative path is below the working directory
   * @throws UnsupportedOperationException if this JVM has no JVMTI, or native access is denied
   */
  public static QuitDumps install(String server, Path directory, GoroutineProfiler profiler) {
    return new QuitDumps(server, directory, profiler);
  }

  /** Stops writing dumps. HotSpot's own dump on SIGQUIT continues. */
  @Override
  public void close() {
    events.stop();
    writer.interrupt();
  }

  private void dispatch() {
    try {
      while (true) {
        dump(requests.take());
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  private void dump(Instant time) {
    GoroutineDump dump =
        new GoroutineDump(server, time.atZone(ZoneId.systemDefault()).toOffsetDateTime(), profiler);
    try {
      Path file = dump.toFileIn(directory);
      LOGGER.log(System.Logger.Level.INFO, "Goroutine dump written to {0}", file.toAbsolutePath());
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      toStderr(dump, e);
    }
  }

  private void toStderr(GoroutineDump dump, Throwable reason) {
    PrintStream stderr = System.err;
    stderr.printf(
        "goroutine dump can't be written to %s: %s; here it is:%n",
        directory.toAbsolutePath(), reason);
    try {
      dump.to(stderr);
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      stderr.println("goroutine dump failed: " + e);
    }
  }
}
