package dev.controlplane.catalog;

/**
 * The identity and extent of the update log.
 *
 * @param id identifies the log; assigned when the log was created
 * @param epoch increases when the log went back, as after restoring a backup; never at a restart
 * @param head the revision of the newest update; 0 for an empty log
 * @param compacted updates up to this revision may have been removed; 0 for none
 */
public record LogState(String id, long epoch, long head, long compacted) {
  /**
   * The log that {@link Consumers} follow before {@link Consumers#follow} was called. No read
   * returns it.
   */
  public static final LogState NONE = new LogState("", 0, 0, 0);
}
