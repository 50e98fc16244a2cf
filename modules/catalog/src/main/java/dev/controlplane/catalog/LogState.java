package dev.controlplane.catalog;

/**
 * Which log it is, and how far it goes.
 *
 * @param id the log's own, given when it was made
 * @param epoch grows when the log went back, as after a backup was restored; never at a restart
 * @param head revision of the newest update; 0 for an empty log
 * @param compacted the newest revision up to which updates may be missing; 0 for none
 */
public record LogState(String id, long epoch, long head, long compacted) {
  /** What {@link Consumers} follow before they were told of a log; no read ever gives it. */
  public static final LogState NONE = new LogState("", 0, 0, 0);
}
