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
 * Dumps of all goroutines when the process is asked for them by {@code kill -QUIT <pid>} or {@code
 * jcmd <pid> JVMTI.data_dump}: a file each, {@code goroutine-dump-<server>-<yyyyMMdd-HHmmss>.txt}.
 * Where the file can't be written, the dump goes to stderr with the reason. The process goes on.
 *
 * <p>On SIGQUIT HotSpot prints its own dump of platform threads to stdout first; that can't be
 * prevented from within.
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
    // The thread that brings the request serves all signals, so it only hands over.
    this.events = DataDumpRequests.start(() -> requests.add(Instant.now()));
    // A platform thread: the dump is wanted most when the carriers of virtual threads are stuck.
    this.writer =
        Goroutines.factory(Thread.ofPlatform().daemon().name("signal-dispatcher"))
            .newThread(this::dispatch);
    writer.start();
  }

  /**
   * Writes dumps from now on.
   *
   * @param server name of the process, part of the files' names
   * @param directory where files go; a relative one is below the working directory
   * @throws UnsupportedOperationException if this JVM doesn't tell of such requests: it has no
   *     JVMTI, or native access is denied
   */
  public static QuitDumps install(String server, Path directory, GoroutineProfiler profiler) {
    return new QuitDumps(server, directory, profiler);
  }

  /** Ends it; HotSpot's own dump on SIGQUIT stays. */
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
      // closed
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
