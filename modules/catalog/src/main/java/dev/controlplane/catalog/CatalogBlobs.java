package dev.controlplane.catalog;

import java.time.Instant;
import java.util.List;

/** The blobs of a catalog, for the process that writes it. */
public interface CatalogBlobs extends BlobStore {
  /**
   * The result of a collection.
   *
   * @param examined number of blobs looked at
   * @param removed number of blobs removed, or in a dry run of those that would be removed
   * @param bytes bytes that these take on disk
   * @param digests the digests of the first {@link #MAX_DIGESTS} of these
   */
  record Collected(long examined, long removed, long bytes, List<Digest> digests) {
    /** The most digests that are listed. */
    public static final int MAX_DIGESTS = 1000;

    /** Copies the digests. */
    public Collected {
      digests = List.copyOf(digests);
    }
  }

  /**
   * Removes blobs that no live version references and that no upload in progress may be about to
   * reference. Uploads and readers go on meanwhile. A reader that has a blob open can read it to
   * its end.
   *
   * @param before only blobs that were stored, and last referenced by a live version, before this
   *     time are removed
   * @param dryRun whether to remove nothing and only report what would be removed
   * @throws CatalogException if blobs or the catalog can't be read, or the thread is interrupted;
   *     the blobs that were removed before stay removed
   */
  Collected collect(Instant before, boolean dryRun);
}
