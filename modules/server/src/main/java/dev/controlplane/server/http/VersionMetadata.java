package dev.controlplane.server.http;

import java.time.Instant;

/**
 * A version as the HTTP API shows it.
 *
 * @param filename name of the worker
 * @param version name of the version
 * @param checksum SHA-256 of its bytes, 64 lower-case hex digits
 * @param filepath path on the consumer-server, percent-encoded
 * @param uploadedAt when it was published, RFC 3339 in UTC
 * @param size length in bytes
 */
public record VersionMetadata(
    String filename,
    String version,
    String checksum,
    String filepath,
    Instant uploadedAt,
    long size) {
  /** Derives the path from the names. */
  public VersionMetadata(
      String filename, String version, String checksum, Instant uploadedAt, long size) {
    this(filename, version, checksum, path(filename, version), uploadedAt, size);
  }

  /** The path of a version's bytes on the consumer-server. */
  public static String path(String filename, String version) {
    return "/file/" + PathSegment.encode(filename) + "/version/" + PathSegment.encode(version);
  }
}
