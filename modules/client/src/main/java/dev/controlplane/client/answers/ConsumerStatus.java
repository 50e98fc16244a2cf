package dev.controlplane.client.answers;

/**
 * How one consumer stands with one worker.
 *
 * @param consumerId who
 * @param worker which worker
 * @param desired the version that is the latest; empty when the worker is gone
 * @param acknowledged the version that the consumer has received last; empty for none
 * @param active the version that it uses; empty for none that is known
 * @param rejected the version that it refuses; empty for none
 * @param code a short reason for the refusal; empty if there is none
 * @param message the reason for people; empty if there is none
 * @param state {@code active}, {@code rejected} or {@code lagging} if the consumer reports; {@code
 *     delivered} or {@code behind} if it does not; empty if the worker has no version, or the
 *     server is older than this field
 * @param lagRevisions number of updates of the worker that the consumer lacks
 * @param lagSeconds for how long the desired version has been the latest while the consumer lacks
 *     it
 * @param deliveredRevision up to where the consumer has been sent what it asked for
 * @param delivered whether it has been sent the update that made the desired version the latest
 * @param lastSeen the consumer's last sign of life: RFC 3339 in UTC, as the server wrote it; empty
 *     where it is not known
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
    String lastSeen) {}
