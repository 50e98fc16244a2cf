package dev.controlplane.catalog;

import java.time.Instant;

/**
 * One immutable upload of a worker.
 *
 * @param worker name of the worker
 * @param version name of the version
 * @param digest identity of its bytes
 * @param size length in bytes
 * @param contentType media type to serve it with
 * @param uploadedAt when it was committed, with milliseconds; for one that was deleted and brought
 *     back, when it came back
 * @param revision the update that published it, or brought it back
 */
public record Version(
    String worker,
    String version,
    Digest digest,
    long size,
    String contentType,
    Instant uploadedAt,
    long revision) {}
