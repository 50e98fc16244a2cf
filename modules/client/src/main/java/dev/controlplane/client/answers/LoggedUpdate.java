package dev.controlplane.client.answers;

import java.time.Instant;

/**
 * An entry of the update log, as the HTTP API lists it.
 *
 * @param revision position in the log
 * @param kind what happened: {@code published}, {@code rolled_back}, {@code retried} or {@code
 *     deleted}
 * @param worker name of the worker
 * @param version the version that was published, rolled back to, retried or deleted
 * @param checksum SHA-256 of its bytes, 64 lower-case hex digits
 * @param size of its bytes
 * @param committedAt the time of the commit
 * @param latest the latest version after the update; empty if the worker was gone
 */
public record LoggedUpdate(
    long revision,
    String kind,
    String worker,
    String version,
    String checksum,
    long size,
    Instant committedAt,
    String latest,
    String consumerId) {}
