package dev.controlplane.client.cli.agent;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reaps the processes that this process inherits as process 1 of a container: background children
 * of {@code --exec} commands that have ended. Without this, each of them would stay a zombie for
 * ever, until no process can be started.
 *
 * <p>Implementation note: the JVM itself waits for the processes that it has started, and must get
 * their exit codes. Therefore only processes that have been zombies for a whole period are reaped
 * here.
 */
final class OrphanReaper implements AutoCloseable {
  private static final Duration PERIOD = Duration.ofSeconds(5);
  private static final Path PROC = Path.of("/proc");

  /** {@code WNOHANG} of Linux. */
  private static final int NO_WAIT = 1;

  private final MethodHandle waitpid;
  private final Thread thread;

  @SuppressWarnings("restricted") // waitpid(2) is not of the JDK
  private OrphanReaper() {
    Linker linker = Linker.nativeLinker();
    waitpid =
        linker.downcallHandle(
            linker.defaultLookup().find("waitpid").orElseThrow(),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT));
    thread = Thread.ofVirtual().name("orphans").unstarted(this::run);
  }

  /** Begins to reap if this is process 1 on Linux; otherwise returns null. */
  static OrphanReaper start() {
    if (ProcessHandle.current().pid() != 1 || !Files.isReadable(PROC.resolve("1/stat"))) {
      return null;
    }
    OrphanReaper reaper = new OrphanReaper();
    reaper.thread.start();
    return reaper;
  }

  private void run() {
    try {
      Set<Long> before = Set.of();
      while (true) {
        Set<Long> now = zombies();
        for (long pid : now) {
          if (before.contains(pid)) {
            reap(pid);
          }
        }
        before = now;
        Thread.sleep(PERIOD);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Set<Long> zombies() {
    return ProcessHandle.current()
        .children()
        .map(ProcessHandle::pid)
        .filter(OrphanReaper::isZombie)
        .collect(Collectors.toSet());
  }

  private static boolean isZombie(long pid) {
    try {
      String stat = Files.readString(PROC.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1);
      // proc(5): pid (name) state ...; the name may contain anything.
      return stat.startsWith(" Z", stat.lastIndexOf(')') + 1);
    } catch (IOException e) {
      // It was reaped a moment ago.
      return false;
    }
  }

  private void reap(long pid) {
    try {
      int reaped = (int) waitpid.invokeExact((int) pid, MemorySegment.NULL, NO_WAIT);
      if (reaped < 0) {
        // The JVM reaped it first.
        return;
      }
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
