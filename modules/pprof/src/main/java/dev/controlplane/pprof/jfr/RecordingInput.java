package dev.controlplane.pprof.jfr;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * An input that may be a Flight Recorder recording, plain or gzipped.
 *
 * @since 0.1.0
 */
public final class RecordingInput {
  /** The first bytes of each chunk of a recording. */
  private static final byte[] MAGIC = {'F', 'L', 'R', 0};

  private static final byte[] GZIP = {0x1f, (byte) 0x8b};

  /** Enough for the header of a gzip file and its first bytes. */
  private static final int AHEAD = 1 << 16;

  private final BufferedInputStream in;
  private final boolean gzipped;

  private RecordingInput(BufferedInputStream in, boolean gzipped) {
    this.in = in;
    this.gzipped = gzipped;
  }

  /**
   * Work with a file.
   *
   * @since 0.1.0
   */
  @FunctionalInterface
  public interface Work<T> {
    /** Does the work. */
    T with(Path file) throws IOException;
  }

  /**
   * Looks at the first bytes of a stream; they are not consumed.
   *
   * @return null if it is no recording
   */
  public static RecordingInput of(BufferedInputStream in) throws IOException {
    if (startsWith(MAGIC, in, false)) {
      return new RecordingInput(in, false);
    }
    if (startsWith(GZIP, in, false) && startsWith(MAGIC, in, true)) {
      return new RecordingInput(in, true);
    }
    return null;
  }

  /** Copies the recording to a private temporary file, because the JDK reads only files. */
  public <T> T withFile(Work<T> work) throws IOException {
    Path file = Files.createTempFile("recording-", ".jfr");
    try {
      try (OutputStream out = Files.newOutputStream(file)) {
        InputStream recording = gzipped ? new GZIPInputStream(in, AHEAD) : in;
        try {
          recording.transferTo(out);
        } catch (EOFException e) {
          // A gzip file that is cut off: what is there is read, and the reader tells of the end.
          out.flush();
        }
      }
      return work.with(file);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static boolean startsWith(byte[] expected, BufferedInputStream in, boolean unpack)
      throws IOException {
    in.mark(AHEAD);
    try {
      InputStream first = unpack ? new GZIPInputStream(in, AHEAD / 8) : in;
      return Arrays.equals(first.readNBytes(expected.length), expected);
    } catch (IOException e) {
      return false; // neither this nor that; who reads it says what is wrong
    } finally {
      in.reset();
    }
  }
}
