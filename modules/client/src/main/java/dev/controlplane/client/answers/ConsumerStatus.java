package dev.controlplane.client.answers;

/**
 * The state of one consumer for one worker.
 *
 * @param consumerId the consumer's id
 * @param worker the worker's name
 * @param desired the latest version; empty if the worker has none
 * @param acknowledged the version that the consumer received last; empty for none
 * @param active the version that it uses; empty if none is known
 * @param rejected the version that it refuses; empty for none
 * @param code a short word for the reason of the rejection; empty for none
 * @param message the reason for people; empty for none
 * @param lagRevisions number of updates of the log between the active version and the desired one
 * @param lagSeconds for how long the desired version has been the latest while another one is
 *     active
 * @param deletion empty unless the worker was deleted: {@code sent} if the consumer was sent the
 *     deletion, {@code pending} if not
 * @param lastSeen when the consumer was last seen: RFC 3339 in UTC, as the server wrote it; empty
 *     if unknown
 */
public record ConsumerStatus(
    String consumerId,
    String worker,
    String desired,
    String acknowledged,
    String active,
    String rejected,
    String code,
    String message,
    String state,
    long lagRevisions,
    long lagSeconds,
    long deliveredRevision,
    boolean delivered,
    String deletion,
    String lastSeen) {
  /** Whether the worker was deleted and the consumer was sent the deletion. */
  public boolean isDeletionSent() {
    return deletion.equals("sent");
  }

  /** Whether the worker was deleted and the consumer was not sent the deletion yet. */
  public boolean isDeletionPending() {
    return deletion.equals("pending");
  }
}
