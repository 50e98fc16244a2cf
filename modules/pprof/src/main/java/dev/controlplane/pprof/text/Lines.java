package dev.controlplane.pprof.text;

/** Keeps names that other languages and class files allow from breaking a line of a text form. */
public final class Lines {
  private Lines() {}

  /** Replaces control characters, each by {@code _}. */
  public static String oneLine(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (breaks(text.charAt(i))) {
        return replaced(text);
      }
    }
    return text;
  }

  private static String replaced(String text) {
    char[] plain = text.toCharArray();
    for (int i = 0; i < plain.length; i++) {
      plain[i] = breaks(plain[i]) ? '_' : plain[i];
    }
    return new String(plain);
  }

  /** Control characters, and Unicode's own ends of lines and paragraphs. */
  private static boolean breaks(char c) {
    return Character.isISOControl(c) || c == '\u2028' || c == '\u2029';
  }
}
