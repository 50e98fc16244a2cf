package dev.controlplane.client.stream;

import dev.controlplane.client.files.VersionDirectory;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;

/**
 * One entry of the update log, as a subscriber gets it.
 *
 * @param revision position in the log: starts at 1, gap-free, in commit order
 * @param kind what happened
 * @param worker name of the worker, as the server sent it: see {@link VersionDirectory} before
 *     using it in a path
 * @param version the version that was published, rolled back to, or deleted
 * @param checksum SHA-256 of its bytes, 64 lower-case hex digits
 * @param size their number
 * @param code the bytes; empty where they were too many to come with the update, or are deleted
 * @param filePath where the consumer-server has them
 * @param committedAt when, in whole seconds
 * @param latest where the version that was deleted was the latest: the one that is now; empty where
 *     none is left, and in every other update
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

  /** What an update tells. */
  public enum Kind {
    /** A kind this client does not know. */
    UNKNOWN,
    /** A version was uploaded and is the latest now. */
    PUBLISHED,
    /** An earlier version was made the latest again. */
    ROLLED_BACK,
    /** A version was deleted. */
    DELETED
  }

  /** Bytes that came with an update. */
  public interface Code {
    /** How many. */
    int size();

    /** Writes them all. */
    void writeTo(OutputStream stream) throws IOException;
  }

  /** Whether {@link #code} is all of the version, so that nothing needs to be fetched. */
  public boolean inline() {
    return code.size() == size;
  }
}
