package dev.controlplane.faults;

import java.util.Set;

/**
 * A place at which a thread asks for more memory than there is. A JVM runs out of memory at a
 * random place; here it does at a known one. The JVM itself throws the {@link OutOfMemoryError}.
 */
@SuppressWarnings("ImmutableEnumChecker") // a hook is two strings
public enum Shortage {
  /** The handler of a request. */
  OF_A_HANDLER(Hook.HANDLE),
  /** What comes before the handler, and is called by Helidon. */
  OF_A_REQUEST(Hook.ANSWER),
  /** The thread of a connection, before there is a request. */
  OF_A_CONNECTION(Hook.CONNECTION),
  /** The thread that commits. */
  OF_A_COMMIT(Hook.TRANSACTION),
  /** The thread that sends to a consumer. */
  OF_A_STREAM(Hook.SEND);

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
