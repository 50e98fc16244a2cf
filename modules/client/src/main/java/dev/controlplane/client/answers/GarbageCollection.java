package dev.controlplane.client.answers;

import java.util.List;

/**
 * The result of a garbage collection of files.
 *
 * @param dryRun whether nothing was removed
 * @param examined how many files were examined
 * @param removed how many were removed, or would be
 * @param bytes their size on disk
 * @param digests the first of their digests, as {@code sha256:} and hex digits, or in the server's
 *     own form
 */
public record GarbageCollection(
    boolean dryRun, long examined, long removed, long bytes, List<String> digests) {
  public GarbageCollection {
    digests = List.copyOf(digests);
  }
}
