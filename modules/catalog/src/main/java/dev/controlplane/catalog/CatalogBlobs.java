package dev.controlplane.catalog;

import java.time.Instant;
import java.util.List;

/** The blobs of a catalog, for the process that writes it. */
public interface CatalogBlobs extends BlobStore {
  /**
   * What a collection came to.
   *
   * @param examined blobs that were looked at
   * @param removed blobs that went, or would have gone in a dry run
   * @param bytes what they took on disk
   * @param digests of those, the first {@link #MAX_DIGESTS}
   */
  record Collected(long examined, long removed, long bytes, List<Digest> digests) {
    /** So many digests are told. */
    public static final int MAX_DIGESTS = 1000;

    /** Copies the digests. */
    public Collected {
      digests = List.copyOf(digests);
    }
  }

  /**
   * Removes blobs that no version has, unless it is deleted, and that no open {@link Upload} may
   * make one of. Uploads and readers go on meanwhile; who has a blob open reads it to its end.
   *
   * @param before blobs that were stored since then stay, and those that a version has had since
   * @param dryRun only tells what would go
   * @throws CatalogException if blobs or the catalog can't be read, or the thread is interrupted;
   *     what was removed before is gone
   */
  Collected collect(Instant before, boolean dryRun);
}
