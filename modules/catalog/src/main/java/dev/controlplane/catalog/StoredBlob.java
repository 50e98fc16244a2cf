package dev.controlplane.catalog;

/**
 * A blob that is durable under its digest.
 *
 * @param digest of its bytes
 * @param size in bytes
 */
public record StoredBlob(Digest digest, long size) {}
