package dev.controlplane.grpc.push;

import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.grpc.log.UpdateLog;

/** Figures about the log being followed, for metrics. All are 0 while there is none. */
public record TailFigures(LogTail tail) {
  /** How many updates of the log are not offered yet; 0 while it can't be read. */
  long lag() {
    UpdateLog log = tail.followed();
    try {
      return log == null ? 0 : Math.max(0, log.state().head() - log.revision());
    } catch (CatalogException e) {
      return 0; // the tail meets the same error, and the health check reports it
    }
  }

  /** How many streams wait for a turn to catch up. */
  int waitingToCatchUp() {
    UpdateLog log = tail.followed();
    return log == null ? 0 : log.turns().waiting();
  }

  /** How many streams have a turn to catch up. */
  public int catchingUp() {
    UpdateLog log = tail.followed();
    return log == null ? 0 : log.turns().inUse();
  }

  /** Bytes of snapshot messages in memory. */
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
