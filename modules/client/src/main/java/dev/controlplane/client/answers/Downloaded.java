package dev.controlplane.client.answers;

/**
 * A version that was downloaded completely and verified.
 *
 * @param worker name of the worker
 * @param version name of the version; empty if the server did not say
 * @param checksum SHA-256 of its bytes, 64 lower-case hex digits
 * @param size length in bytes
 */
public record Downloaded(String worker, String version, String checksum, long size) {}
