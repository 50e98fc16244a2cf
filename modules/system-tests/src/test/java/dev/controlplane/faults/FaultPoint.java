package dev.controlplane.faults;

import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** Moments at which a crash is worth a test. The server halts there, as if it had been killed. */
@SuppressWarnings("ImmutableEnumChecker") // a hook is two strings
public enum FaultPoint {
  /** A blob has its name, and no version has it yet. */
  AFTER_BLOB_RENAME("upload-server", Hook.PLACE_BLOB, false, ""),
  /** A transaction has all its changes and is not committed. */
  BEFORE_COMMIT("upload-server", Hook.EXECUTE, true, "COMMIT"),
  /** A transaction is on disk and nobody knows. */
  AFTER_COMMIT("upload-server", Hook.EXECUTE, false, "COMMIT"),
  /** Some of the updates that a compaction takes are gone. */
  DURING_COMPACTION("upload-server", Hook.CHANGE, false, "DELETE FROM updates"),
  /** Some of the blobs that nobody needs are gone. */
  DURING_COLLECTION("upload-server", Hook.REMOVE_BLOB, false, ""),
  /** A consumer is about to be told of something. */
  BEFORE_SEND("grpc-server", Hook.SEND, true, ""),
  /** One consumer was told of something, and others were not. */
  AFTER_SEND("grpc-server", Hook.SEND, false, "");

  /** The exit code of a server that was halted. */
  public static final int EXIT_CODE = 86;

  private final String server;
  private final Hook hook;
  private final boolean atEntry;
  private final String argument;

  FaultPoint(String server, Hook hook, boolean atEntry, String argument) {
    this.server = server;
    this.hook = hook;
    this.atEntry = atEntry;
    this.argument = argument;
  }

  /** The server that comes by here. */
  public String server() {
    return server;
  }

  /**
   * The agent's options.
   *
   * @param times the server halts when it comes by for the nth time, 1 or more
   */
  public String options(int times) {
    return "halt," + name() + ',' + times;
  }

  /** Halts the JVM at the nth time. */
  Fault after(int times) {
    AtomicInteger left = new AtomicInteger(times);
    return new Fault() {
      @Override
      public Set<Hook> hooks() {
        return Set.of(hook);
      }

      @Override
      public boolean entered(Hook at, Object self, Object[] arguments) {
        if (atEntry) {
          pass(arguments);
        }
        return false;
      }

      @Override
      public Object left(Hook at, Object self, Object[] arguments, Object value) {
        if (!atEntry) {
          pass(arguments);
        }
        return value;
      }

      private void pass(Object[] arguments) {
        boolean here = argument.isEmpty() || String.valueOf(arguments[0]).startsWith(argument);
        if (here && left.decrementAndGet() == 0) {
          Runtime.getRuntime().halt(EXIT_CODE);
        }
      }
    };
  }
}
