package dev.controlplane.grpc.push;

import dev.controlplane.grpc.log.LogEntry;

/**
 * How far one stream is in the log. The stream's handler alone writes; any thread reads.
 *
 * <p>The position runs ahead of what was sent by the update that the handler is sending, and beyond
 * what was sent where later updates are not wanted.
 */
final class StreamPosition {
  private volatile long revision;

  /** Written before {@link #revision}, so a thread that reads that one sees this one. */
  private long handedOut;

  private volatile long sent;

  /** The handler has dealt with everything up to a revision. */
  void moveTo(long upTo) {
    revision = upTo;
  }

  /** The handler has come to an update, which it sends next if it is wanted. */
  void moveTo(LogEntry update, boolean wanted) {
    if (wanted) {
      handedOut = update.revision();
    }
    revision = update.revision();
  }

  /** Up to where the consumer was given, or had no need of, everything. */
  long revision() {
    return revision;
  }

  /** Everything up to a revision was sent. */
  void sentUpTo(long upTo) {
    sent = upTo;
  }

  /** The highest revision sent; 0 for none. */
  long sent() {
    return sent;
  }

  /**
   * Up to where the consumer has been sent everything that it asked for; 0 before its start is
   * known. An update that is being sent right now does not count.
   */
  long delivered() {
    long upTo = revision;
    long sending = handedOut;
    return sending > sent ? Math.min(upTo, sending - 1) : upTo;
  }
}
