package dev.controlplane.catalog;

/**
 * A blob that is durable under its digest.
 *
 * @param digest its identity
 * @param size length in bytes
 */
public record StoredBlob(Digest digest, long size) {}
