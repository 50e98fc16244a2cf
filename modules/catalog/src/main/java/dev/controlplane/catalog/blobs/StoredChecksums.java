package dev.controlplane.catalog.blobs;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.controlplane.catalog.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Reads the checksums of blobs and caches those used last; they never change. A blob of one chunk
 * has no checksum file, because a second file with an fsync of its own would cost more than the
 * blob itself: it is read whole and checked against its digest.
 */
final class StoredChecksums {
  /** The most memory of cached checksums, in bytes. */
  private static final long MAX_CACHED = 4 * 1024 * 1024;

  private static final int MAX_SIDECAR = 256 * 1024 * 1024;

  private final Cache<Digest, ChunkChecksums> cached =
      Caffeine.newBuilder()
          .maximumWeight(MAX_CACHED)
          .weigher((Digest digest, ChunkChecksums sums) -> sums.weight())
          .executor(Runnable::run)
          .build();

  ChunkChecksums of(Digest digest, Path file) throws IOException {
    ChunkChecksums known = cached.getIfPresent(digest);
    if (known == null) {
      known = read(digest, file);
      cached.put(digest, known);
    }
    return known;
  }

  private static ChunkChecksums read(Digest digest, Path file) throws IOException {
    if (Files.size(file) <= ChunkChecksums.CHUNK) {
      byte[] blob = Files.readAllBytes(file);
      if (!Digest.ofBytes(blob).equals(digest)) {
        throw BlobDamage.of(digest, "is damaged on disk", null);
      }
      return ChunkChecksums.of(blob);
    }
    Path sidecar = BlobFiles.sidecarOf(file);
    try {
      ChunkChecksums kept =
          Files.size(sidecar) > MAX_SIDECAR
              ? null
              : ChunkChecksums.decoded(Files.readAllBytes(sidecar), digest);
      if (kept == null) {
        throw BlobDamage.of(digest, "has damaged checksums on disk", null);
      }
      return kept;
    } catch (NoSuchFileException e) {
      throw BlobDamage.of(digest, "has no checksums on disk", e);
    }
  }
}
