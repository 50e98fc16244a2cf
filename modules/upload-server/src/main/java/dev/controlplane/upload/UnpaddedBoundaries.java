package dev.controlplane.upload;

import dev.controlplane.server.http.ApiException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Removes transport padding from a multipart body: the spaces and tabs that RFC 2046, section
 * 5.1.1, allows between a boundary and the end of its line. commons-fileupload rejects them.
 *
 * <p>Implementation note: it works in the caller's array and keeps nothing of the body. Inside an
 * array it searches the delimiter by its last byte (Horspool's algorithm), which examines only few
 * bytes of a file. Across two arrays it matches byte by byte.
 */
final class UnpaddedBoundaries extends FilterInputStream {
  private static final byte CR = '\r';

  /** What precedes each boundary, except possibly the first (RFC 2046, section 5.1.1). */
  private static final byte[] LINE = {CR, '\n', '-', '-'};

  private final byte[] delimiter;

  /** How far the search may advance if a window ends with this byte. */
  private final int[] stride = new int[256];

  /**
   * How many bytes of a delimiter the input so far ends with; the delimiter's length right behind a
   * boundary.
   */
  private int matched = 2; // the body may begin with a boundary

  /** Whether padding was removed behind this boundary. */
  private boolean padded;

  UnpaddedBoundaries(InputStream body, byte[] boundary) {
    super(body);
    delimiter = Arrays.copyOf(LINE, LINE.length + boundary.length);
    System.arraycopy(boundary, 0, delimiter, LINE.length, boundary.length);
    Arrays.fill(stride, delimiter.length);
    for (int i = 0; i < delimiter.length - 1; i++) {
      stride[delimiter[i] & 0xff] = delimiter.length - 1 - i;
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  /**
   * Reads like {@link InputStream#read(byte[], int, int)}.
   *
   * @throws ApiException 400 if the padding is not followed by the end of the line
   */
  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    int kept;
    do {
      int count = in.read(into, offset, length);
      if (count < 0) {
        return -1;
      }
      kept = removePadding(into, offset, offset + count) - offset;
    } while (kept == 0);
    return kept;
  }

  /** Removes padding and closes the gaps; returns the new end. */
  private int removePadding(byte[] bytes, int from, int end) {
    int kept = from;
    int at = from;
    while (at < end) {
      int next = isBehindBoundary() ? overPadding(bytes, at, end) : at;
      int stop = toBoundary(bytes, next, end);
      if (kept != next) {
        System.arraycopy(bytes, next, bytes, kept, stop - next);
      }
      kept += stop - next;
      at = stop;
    }
    return kept;
  }

  private boolean isBehindBoundary() {
    return matched == delimiter.length;
  }

  /** The position of the first byte that is not padding. */
  private int overPadding(byte[] bytes, int from, int end) {
    int at = from;
    while (at < end && (bytes[at] == ' ' || bytes[at] == '\t')) {
      at++;
    }
    padded |= at > from;
    if (at < end) {
      if (padded && bytes[at] != CR) {
        throw UploadForm.malformed("blanks and then something else follow a boundary");
      }
      padded = false;
      matched = 0;
    }
    return at;
  }

  /** The position behind the next boundary, or the end. */
  private int toBoundary(byte[] bytes, int from, int end) {
    int at = from;
    while (at < end && !isBehindBoundary()) {
      int last = at + delimiter.length - 1;
      if (matched == 0 && last < end && bytes[last] != delimiter[delimiter.length - 1]) {
        at += stride[bytes[last] & 0xff];
      } else {
        match(bytes[at]);
        at++;
      }
    }
    return at;
  }

  /**
   * Matches one byte. A delimiter has one CR, at its start, so a mismatch can only restart there.
   */
  private void match(byte b) {
    if (delimiter[matched] == b) {
      matched++;
    } else {
      matched = b == CR ? 1 : 0;
    }
  }
}
