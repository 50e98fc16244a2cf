package dev.controlplane.faults;

import java.util.Set;

/**
 * A thread that finds no memory where it comes by, once: what JVMs run out of at a random place
 * runs out here at a known one. The error is a real {@link OutOfMemoryError}, thrown by the JVM.
 */
@SuppressWarnings("ImmutableEnumChecker") // a hook is two strings
public enum Shortage {
  /** The thread of an HTTP request. */
  OF_A_REQUEST(Hook.ANSWER),
  /** A library's code, which catches and logs what it can. */
  OF_A_STREAM(Hook.SEND),
  /** The thread that commits. */
  OF_A_COMMIT(Hook.TRANSACTION),
  /** The thread of a connection, before there is a request. */
  OF_A_CONNECTION(Hook.CONNECTION);

  private final Hook hook;

  Shortage(Hook hook) {
    this.hook = hook;
  }

  /** The agent's options. */
  public String options() {
    return "starve," + name();
  }

  Fault fault() {
    return new Fault() {
      @Override
      public Set<Hook> hooks() {
        return Set.of(hook);
      }

      @Override
      public boolean entered(Hook at, Object self, Object[] arguments) {
        // More than a JVM can give, however large its heap is.
        return new long[Integer.MAX_VALUE].length == 0;
      }
    };
  }
}
