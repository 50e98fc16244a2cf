package dev.controlplane.client.cli.terminal;

import java.util.Locale;

/** Formats texts for people. */
public final class Text {
  private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private Text() {}

  /**
   * Returns one line that can't change a terminal's state: control and format characters become
   * {@code ?}.
   */
  public static String line(String text) {
    StringBuilder line = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              switch (Character.getType(c)) {
                case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE ->
                    line.append(Character.isWhitespace(c) ? ' ' : '?');
                default -> line.appendCodePoint(c);
              }
            });
    return line.toString();
  }

  /** A number of bytes, to one decimal place: {@code 512 B}, {@code 1.5 MiB}. */
  public static String size(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    double value = bytes;
    int unit = -1;
    // 1023.95 and more would be shown as 1024.0.
    while (value >= 1023.95 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    if (unit < 0) {
      value /= 1024;
      unit = 0;
    }
    return String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
  }

  /** A time span in its two largest units: {@code 40 s}, {@code 17 min 56 s}, {@code 3 d 2 h}. */
  public static String age(long seconds) {
    if (seconds < 60) {
      return seconds + " s";
    }
    if (seconds < 3600) {
      return two(seconds / 60, "min", seconds % 60, "s");
    }
    if (seconds < 86_400) {
      return two(seconds / 3600, "h", seconds % 3600 / 60, "min");
    }
    return two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h");
  }

  private static String two(long large, String unit, long small, String smaller) {
    return large + " " + unit + (small == 0 ? "" : " " + small + " " + smaller);
  }

  /** Why a version was rejected: a hook's exit code is named as such. */
  public static String rejection(String code, String message) {
    if (!isExitCode(code)) {
      return (code + " " + message).strip();
    }
    return "exit code " + code + (message.isEmpty() ? "" : ": " + message);
  }

  /** Whether the code of a rejection is the exit code of a hook; others are words. */
  public static boolean isExitCode(String code) {
    return !code.isEmpty() && code.chars().allMatch(digit -> digit >= '0' && digit <= '9');
  }

  /** {@code 1 byte}, {@code 2 bytes}. */
  public static String count(long number, String thing) {
    return number + " " + thing + (number == 1 ? "" : "s");
  }
}
