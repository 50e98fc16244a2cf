package dev.controlplane.catalog.blobs;

import dev.controlplane.catalog.Digest;
import java.time.Instant;
import java.util.Optional;

/** Which blobs are referenced by versions. */
@FunctionalInterface
public interface BlobReferences {
  /** Everything is referred to, so that nothing is ever removed. */
  BlobReferences ALL = digest -> Optional.empty();

  /**
   * Since when no version has had a blob; {@link Instant#EPOCH} if it is not known of any.
   *
   * @return empty while a version that is not deleted has it
   */
  Optional<Instant> unreferencedSince(Digest digest);

  /** Blobs that no version has had since then have been removed. */
  default void collected(Instant before) {}
}
