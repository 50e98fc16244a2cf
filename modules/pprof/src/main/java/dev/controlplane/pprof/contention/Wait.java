package dev.controlplane.pprof.contention;

import dev.controlplane.pprof.model.Stack;

/**
 * A wait of a thread, as its stack shows it.
 *
 * @param stack the visible frames
 * @param reason Go's word for what the thread waits for, such as {@code chan receive}
 * @param lock whether it waits for a lock, and so belongs into the mutex profile too
 */
record Wait(Stack stack, String reason, boolean lock) {
  /** A wait that Go's block profile does not count: for time to pass, or for the network. */
  static final Wait NOT_COUNTED = new Wait(null, "", false);

  /** Whether Go's block profile counts such waits. */
  boolean counted() {
    return stack != null;
  }
}
