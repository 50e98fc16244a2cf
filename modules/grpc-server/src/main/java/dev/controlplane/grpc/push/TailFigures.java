package dev.controlplane.grpc.push;

import dev.controlplane.catalog.CatalogException;
import dev.controlplane.grpc.log.UpdateLog;

/** What an operator wants to know of the log that is followed now; 0 while there is none. */
public record TailFigures(LogTail tail) {
  /** How many updates the log has that are not offered yet; 0 while it can't be read. */
  long lag() {
    UpdateLog log = tail.followed();
    try {
      return log == null ? 0 : Math.max(0, log.state().head() - log.revision());
    } catch (CatalogException e) {
      return 0; // The tail meets the same at its next look, and the health check tells.
    }
  }

  /** How many streams wait for their turn to catch up. */
  int waitingToCatchUp() {
    UpdateLog log = tail.followed();
    return log == null ? 0 : log.turns().waiting();
  }

  /** How many streams have their turn to catch up. */
  public int catchingUp() {
    UpdateLog log = tail.followed();
    return log == null ? 0 : log.turns().inUse();
  }

  /** Bytes of snapshots' messages in memory. */
  public long snapshotBytes() {
    UpdateLog log = tail.followed();
    return log == null ? 0 : log.snapshots().bytes();
  }

  /** Bytes of messages and pages in memory. */
  long bytes() {
    UpdateLog log = tail.followed();
    return log == null ? 0 : log.bytes();
  }
}
