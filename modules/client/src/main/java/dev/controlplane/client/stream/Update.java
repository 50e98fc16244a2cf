package dev.controlplane.client.stream;

import dev.controlplane.client.files.VersionDirectory;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;

/**
 * One entry of the update log, as a subscriber receives it.
 *
 * @param revision position in the log: starts at 1, without gaps, in commit order
 * @param kind what happened
 * @param worker name of the worker, as the server sent it; see {@link VersionDirectory} before
 *     using it in a path
 * @param version the version that was published, rolled back to, retried, or deleted
 * @param checksum SHA-256 of its bytes, 64 lower-case hex digits
 * @param size of its bytes
 * @param code its bytes; empty if they are too large to come with the update, or the version was
 *     deleted
 * @param filePath its path on the consumer-server
 * @param committedAt the time of the commit, in whole seconds
 * @param latest if the worker's latest version was deleted, the new latest version; empty if none
 *     is left, and in every other update
 */
public record Update(
    long revision,
    Kind kind,
    String worker,
    String version,
    String checksum,
    long size,
    Code code,
    String filePath,
    Instant committedAt,
    String latest) {

  /** What an update did. */
  public enum Kind {
    /** A kind that this client does not know. */
    UNKNOWN,
    /** A version was uploaded and became the latest. */
    PUBLISHED,
    /** An earlier version became the latest again. */
    ROLLED_BACK,
    /** The latest version is to be tried again by consumers that rejected it. */
    RETRIED,
    /** A version was deleted. */
    DELETED
  }

  /** Bytes that came with an update. */
  public interface Code {
    /** The number of bytes. */
    int size();

    /** Writes all bytes. */
    void writeTo(OutputStream stream) throws IOException;
  }

  /** Whether {@link #code} contains the whole version, so that nothing must be downloaded. */
  public boolean inline() {
    return code.size() == size;
  }
}
