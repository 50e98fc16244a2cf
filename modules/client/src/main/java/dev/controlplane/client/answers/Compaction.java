package dev.controlplane.client.answers;

/**
 * The update log after a compaction.
 *
 * @param removed how many updates were removed
 * @param compacted updates up to this revision may be missing
 * @param head the newest revision
 */
public record Compaction(long removed, long compacted, long head) {}
