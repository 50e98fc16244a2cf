package dev.controlplane.client.answers;

/**
 * What is left of the update log.
 *
 * @param removed how many updates went
 * @param compacted updates up to this one are not kept any more
 * @param head the newest revision
 */
public record Compaction(long removed, long compacted, long head) {}
