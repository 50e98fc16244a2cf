package dev.controlplane.consumer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A range of bytes of a file.
 *
 * @param start position of the first byte
 * @param length number of bytes, 1 or more
 */
record ByteRange(long start, long length) {
  private static final String UNIT = "bytes=";

  /**
   * The most ranges per request. More are either a mistake or an attack (RFC 9110, section 17.15).
   */
  private static final int MAX_RANGES = 16;

  /**
   * Parses a Range header (RFC 9110, section 14.1.2). Empty list elements are ignored (section
   * 5.6.1.2).
   *
   * @param lines of the header; several lines are joined with commas (section 5.3)
   * @return the satisfiable ranges in the header's order, possibly none; {@code Optional.empty()}
   *     if the header must be ignored, because of another unit, a syntax error, too many or
   *     overlapping ranges, or because the file is empty
   */
  static Optional<List<ByteRange>> parse(List<String> lines, long size) {
    String header = String.join(",", lines).strip();
    if (size == 0 || !header.regionMatches(true, 0, UNIT, 0, UNIT.length())) {
      return Optional.empty();
    }
    List<String> specs =
        Arrays.stream(header.substring(UNIT.length()).split(",", -1))
            .map(String::strip)
            .filter(spec -> !spec.isEmpty())
            .toList();
    if (specs.isEmpty() || specs.size() > MAX_RANGES) {
      return Optional.empty();
    }
    List<ByteRange> ranges = new ArrayList<>(specs.size());
    try {
      for (String spec : specs) {
        addRange(spec, size, ranges);
      }
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    return overlap(ranges) ? Optional.empty() : Optional.of(ranges);
  }

  private static void addRange(String spec, long size, List<ByteRange> ranges) {
    int dash = spec.indexOf('-');
    if (dash < 0) {
      throw new IllegalArgumentException("no range: " + spec);
    }
    String first = spec.substring(0, dash);
    String last = spec.substring(dash + 1);
    if (first.isEmpty()) {
      long suffix = position(last);
      if (suffix > 0) {
        long length = Math.min(suffix, size);
        ranges.add(new ByteRange(size - length, length));
      }
      return;
    }
    long start = position(first);
    long end = last.isEmpty() ? Long.MAX_VALUE : position(last);
    if (end < start) {
      throw new IllegalArgumentException("ends before it starts: " + spec);
    }
    if (start < size) {
      ranges.add(new ByteRange(start, Math.min(end, size - 1) - start + 1));
    }
  }

  /** Parses a position. A number too large for a long is past the end of any file. */
  private static long position(String digits) {
    if (digits.isEmpty() || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new IllegalArgumentException("no position: " + digits);
    }
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  private static boolean overlap(List<ByteRange> ranges) {
    for (int i = 0; i < ranges.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (ranges.get(i).start <= ranges.get(j).last()
            && ranges.get(j).start <= ranges.get(i).last()) {
          return true;
        }
      }
    }
    return false;
  }

  /** The position of the last byte. */
  long last() {
    return start + length - 1;
  }

  /** The value of Content-Range. */
  String contentRange(long size) {
    return "bytes " + start + "-" + last() + "/" + size;
  }
}
