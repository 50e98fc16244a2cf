package dev.controlplane.pprof.jfr;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.controlplane.pprof.sources.RecorderModule;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import jdk.jfr.FlightRecorder;

/**
 * Whether this JVM's Flight Recorder can be used.
 *
 * <p>The recorder ends the whole JVM if it can't write to its directory. A profile is not worth
 * that, so a recording needs room on that disk, and file descriptors.
 */
final class Recorder {
  /** Room that a recording needs on disk before it starts, in bytes. */
  static final long LEAST_ROOM = 64L << 20;

  /** File descriptors that a recording needs to be free before it starts. */
  static final int LEAST_DESCRIPTORS = 16;

  private Recorder() {}

  /**
   * Checks that a recording can start.
   *
   * @throws IOException if it can't; the message says why and what to do
   */
  static void require() throws IOException {
    if (RecorderModule.isMissing()) {
      throw new IOException("this JVM has no Flight Recorder, because " + RecorderModule.REMEDY);
    }
    if (!available()) {
      throw new IOException(
          "this JVM can't start its Flight Recorder: look for -XX:-FlightRecorder in its options");
    }
    long free = freeDescriptors();
    if (free < LEAST_DESCRIPTORS) {
      throw new IOException(
          "this process has %d file descriptors left and a recording needs %d: raise its limit of"
                  .formatted(free, LEAST_DESCRIPTORS)
              + " open files, or close some");
    }
    requireRoom();
  }

  /**
   * Checks that a recording can go on.
   *
   * @throws IOException if its disk is nearly full
   */
  static void requireRoom() throws IOException {
    long room = room();
    if (room < LEAST_ROOM) {
      throw new IOException(
          "the disk of the Flight Recorder has "
              + (room >> 20)
              + " MB left and a recording needs "
              + (LEAST_ROOM >> 20)
              + " MB: free some, or set -XX:FlightRecorderOptions:repository to another directory");
    }
  }

  private static long freeDescriptors() {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix) {
      try {
        return unix.getMaxFileDescriptorCount() - unix.getOpenFileDescriptorCount();
      } catch (InternalError e) {
        // To count them takes one.
        return 0;
      }
    }
    return Long.MAX_VALUE;
  }

  /** The room on the disk that recordings are written to, in bytes. */
  static long room() throws IOException {
    String repository = System.getProperty("jdk.jfr.repository");
    Path directory =
        repository != null && Files.isDirectory(Path.of(repository))
            ? Path.of(repository)
            : Path.of(System.getProperty("java.io.tmpdir"));
    return Files.getFileStore(directory).getUsableSpace();
  }

  /** A failure of the recorder as what callers expect. */
  static IOException failed(Throwable cause) {
    return new IOException("the Flight Recorder failed: " + cause.getMessage(), cause);
  }

  private static boolean available() {
    return FlightRecorder.isAvailable();
  }
}
