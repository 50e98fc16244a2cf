package dev.controlplane.faults;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** A thread that a server works with, made to wait for as long as a test wants. */
@SuppressWarnings("ImmutableEnumChecker") // a hook is two strings
public enum Hold {
  /** The tail of grpc-server, before it looks at the log. */
  THE_TAIL(Hook.LOOK_AT_LOG);

  private static final Duration LOOK = Duration.ofMillis(5);

  private final Hook hook;

  Hold(Hook hook) {
    this.hook = hook;
  }

  /**
   * The agent's options.
   *
   * @param file the thread waits while there is such a file
   */
  public String options(Path file) {
    return "hold," + name() + ',' + file;
  }

  Fault whileThereIs(Path file) {
    return new Fault() {
      @Override
      public Set<Hook> hooks() {
        return Set.of(hook);
      }

      @Override
      public boolean entered(Hook at, Object self, Object[] arguments) {
        while (Files.exists(file)) {
          LockSupport.parkNanos(LOOK.toNanos());
        }
        return false;
      }
    };
  }
}
