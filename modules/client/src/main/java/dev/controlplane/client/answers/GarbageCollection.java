package dev.controlplane.client.answers;

import java.util.List;

/**
 * What became, or would become, of the files that no version needs.
 *
 * @param dryRun whether nothing was removed
 * @param examined how many files were looked at
 * @param removed how many are garbage
 * @param bytes what they take
 * @param digests the first of them, as {@code sha256:} and hex digits, or as the server names them
 */
public record GarbageCollection(
    boolean dryRun, long examined, long removed, long bytes, List<String> digests) {
  /** Copies the digests. */
  public GarbageCollection {
    digests = List.copyOf(digests);
  }
}
