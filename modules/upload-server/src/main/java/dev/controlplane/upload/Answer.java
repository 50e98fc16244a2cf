package dev.controlplane.upload;

import dev.controlplane.catalog.Catalog.Change;
import dev.controlplane.catalog.Version;
import dev.controlplane.server.http.VersionMetadata;

/** The JSON answers to requests that change the catalog. */
final class Answer {
  /**
   * The answer to an upload. {@code created} is false if the version existed with the same bytes.
   */
  record Uploaded(
      boolean success, String message, VersionMetadata metadata, boolean created, long revision) {}

  /**
   * The answer to a rollback or a deletion. {@code changed} is false if there was nothing to
   * change.
   */
  record Changed(
      boolean success, String message, VersionMetadata metadata, boolean changed, long revision) {}

  private Answer() {}

  static Uploaded uploaded(Change change) {
    return new Uploaded(
        true,
        change.changed() ? "version published" : "version was there with the same bytes",
        metadata(change.version()),
        change.changed(),
        change.revision());
  }

  static Changed movedLatest(Change change) {
    return new Changed(
        true,
        change.changed() ? "version is the latest now" : "version was the latest already",
        metadata(change.version()),
        change.changed(),
        change.revision());
  }

  static Changed retried(Change change) {
    return new Changed(
        true,
        "consumers that rejected the version try it again",
        metadata(change.version()),
        change.changed(),
        change.revision());
  }

  static Changed deleted(Change change) {
    return new Changed(
        true, "version deleted", metadata(change.version()), change.changed(), change.revision());
  }

  private static VersionMetadata metadata(Version version) {
    return new VersionMetadata(
        version.worker(),
        version.version(),
        version.digest().hex(),
        version.uploadedAt(),
        version.size());
  }
}
