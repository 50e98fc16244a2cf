package dev.controlplane.catalog;

/**
 * Counters of a database's writer, for metrics. All but {@code waiting} only grow.
 *
 * @param waiting requests in the queue now
 * @param requests requests answered after a commit
 * @param transactions commits; fewer than requests, because several requests may share one
 * @param commitNanos time spent in commits, in nanoseconds
 */
public record WriterStatus(int waiting, long requests, long transactions, long commitNanos) {}
