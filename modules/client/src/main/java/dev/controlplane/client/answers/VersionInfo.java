package dev.controlplane.client.answers;

/**
 * A version, as the servers describe it.
 *
 * @param worker name of the worker; {@code filename} over HTTP
 * @param version name of the version
 * @param checksum SHA-256 of its bytes, 64 lower-case hex digits
 * @param filePath its path on the consumer-server
 * @param uploadedAt when it was published, RFC 3339 in UTC, as the server wrote it
 * @param size length in bytes
 */
public record VersionInfo(
    String worker,
    String version,
    String checksum,
    String filePath,
    String uploadedAt,
    long size) {}
