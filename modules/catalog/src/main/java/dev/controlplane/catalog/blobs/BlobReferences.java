package dev.controlplane.catalog.blobs;

import dev.controlplane.catalog.Digest;
import java.time.Instant;
import java.util.Optional;

/** Tells which blobs are referenced by versions. */
@FunctionalInterface
public interface BlobReferences {
  /** Treats every blob as referenced, so that none is ever removed. */
  BlobReferences ALL = digest -> Optional.empty();

  /**
   * Returns since when no version references a blob; {@link Instant#EPOCH} if that is not known.
   *
   * @return empty while a version that is not deleted references it
   */
  Optional<Instant> unreferencedSince(Digest digest);

  /** Notes that all blobs unreferenced since before this time were removed. */
  default void collected(Instant before) {}
}
