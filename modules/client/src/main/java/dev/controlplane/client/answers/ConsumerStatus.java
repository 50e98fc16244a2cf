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
 * @param lagRevisions number of updates of the log between the active version and the desired one
 * @param lagSeconds for how long the desired version has been the latest while another one is
 *     active
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
    long lagRevisions,
    long lagSeconds,
    String lastSeen) {}
