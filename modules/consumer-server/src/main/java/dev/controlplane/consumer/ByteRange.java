package dev.controlplane.consumer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Bytes of a file.
 *
 * @param start position of the first
 * @param length how many, 1 or more
 */
record ByteRange(long start, long length) {
  private static final String UNIT = "bytes=";

  /** More in one request are either a mistake or an attack (RFC 9110, section 17.15). */
  private static final int MAX_RANGES = 16;

  /**
   * The satisfiable ranges of a Range header, in its order (RFC 9110, section 14.1.2); none of them
   * satisfiable: an empty list. Empty elements of the list are ignored (section 5.6.1.2).
   *
   * @param lines of the header; several are one, with commas between (section 5.3)
   * @return empty if the header is to be ignored: another unit, malformed, too many ranges, ranges
   *     that overlap, or any range of an empty file
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

  /** Digits; what no long holds is past any end. */
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

  /** Position of the last byte. */
  long last() {
    return start + length - 1;
  }

  /** Value of Content-Range. */
  String contentRange(long size) {
    return "bytes " + start + "-" + last() + "/" + size;
  }
}
