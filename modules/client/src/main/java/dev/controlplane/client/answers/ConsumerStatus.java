package dev.controlplane.client.answers;

/**
 * What one consumer has made of one worker.
 *
 * @param consumerId who
 * @param worker which worker
 * @param desired the version that is the latest; empty when the worker is gone
 * @param acknowledged the version that the consumer has received last; empty for none
 * @param active the version that it uses; empty for none that is known
 * @param rejected the version that it refuses; empty for none
 * @param code a short word for why it does; empty where there is none
 * @param message why it does, for people; empty where there is none
 * @param lagRevisions how many updates of the log lie between what is active and what is desired
 * @param lagSeconds for how long something else has been desired
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
