package dev.controlplane.catalog;

import java.time.Instant;

/**
 * One immutable upload of a worker.
 *
 * @param worker name of the worker
 * @param version name of the version
 * @param digest of its bytes
 * @param size in bytes
 * @param contentType media type to serve it with
 * @param uploadedAt time of the commit, in milliseconds; for a version that was deleted and
 *     uploaded again, the time of the latter
 * @param revision the update that published it, or published it again
 */
public record Version(
    String worker,
    String version,
    Digest digest,
    long size,
    String contentType,
    Instant uploadedAt,
    long revision) {}
