package dev.controlplane.catalog;

import dev.controlplane.catalog.failures.CatalogException;
import java.time.Instant;
import java.util.List;

/** The blobs of a catalog, with garbage collection. For the process that writes the catalog. */
public interface CatalogBlobs extends BlobStore {
  /**
   * The result of a collection.
   *
   * @param examined number of blobs examined
   * @param removed number of blobs removed, or in a dry run, number that would be removed
   * @param bytes bytes that these blobs take on disk
   * @param digests the digests of the first {@link #MAX_DIGESTS} of these blobs
   */
  record Collected(long examined, long removed, long bytes, List<Digest> digests) {
    /** The most digests that are listed. */
    public static final int MAX_DIGESTS = 1000;

    public Collected {
      digests = List.copyOf(digests);
    }
  }

  /**
   * Removes blobs that no live version references and that no upload in progress may be about to
   * reference. Uploads and readers continue meanwhile. A reader that has a removed blob open can
   * read it to its end.
   *
   * @param before only blobs that were stored, and last referenced by a live version, before this
   *     time are removed
   * @param dryRun whether to remove nothing and only report what would be removed
   * @throws CatalogException if blobs or the catalog can't be read, or the thread is interrupted;
   *     blobs removed until then stay removed
   */
  Collected collect(Instant before, boolean dryRun);
}
