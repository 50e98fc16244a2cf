package dev.controlplane.system.history;

/** What a message, or an entry of the log, says; the names are those of the wire. */
public enum Kind {
  PUBLISHED,
  ROLLED_BACK,
  DELETED,
  SYNCED,
  BOOKMARK,
  RESYNC,
  GOODBYE;

  /** Whether it is an entry of the log, or an item of a snapshot. */
  public boolean isUpdate() {
    return this == PUBLISHED || this == ROLLED_BACK || this == DELETED;
  }

  /** Whether it promises that everything wanted up to its revision was told before. */
  boolean isPromise() {
    return this == SYNCED || this == BOOKMARK || this == GOODBYE;
  }
}
