package dev.controlplane.upload;

import dev.controlplane.catalog.BlobStore;
import dev.controlplane.catalog.Catalog;
import dev.controlplane.catalog.Catalog.Change;

/** Publishes received bytes as a version and announces the update. */
final class Publisher {
  private final Catalog catalog;
  private final Announcer announcer;

  Publisher(Catalog catalog, Announcer announcer) {
    this.catalog = catalog;
    this.announcer = announcer;
  }

  /** Returns once the version is durable. The announcement is sent asynchronously. */
  Change publish(String worker, String version, BlobStore.Upload upload, String contentType) {
    Change change = catalog.publish(worker, version, upload.commit(), contentType);
    upload.keep();
    if (change.changed()) {
      announcer.announce(change.revision());
    }
    return change;
  }
}
