package dev.controlplane.client;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;

/**
 * What may name a worker or a version. The servers hold the same rule; here it keeps a name that
 * came over the network from ever being a path.
 */
public final class Names {
  private static final int MAX_BYTES = 255;

  private Names() {}

  /**
   * The name in Unicode's normal form C.
   *
   * @param field what it names, for the error text
   * @throws InvalidNameException for an empty name, {@code .}, {@code ..}, one with a slash, a
   *     backslash, a control character, a line separator or an unpaired surrogate, or one of more
   *     than 255 bytes of UTF-8
   */
  public static String checked(String field, String name) {
    if (name.isEmpty()) {
      throw new InvalidNameException(field + " is empty; it takes 1 to 255 bytes of UTF-8");
    }
    String normal = Normalizer.normalize(name, Normalizer.Form.NFC);
    if (normal.equals(".") || normal.equals("..")) {
      throw new InvalidNameException(field + " is \"" + normal + "\", which is a path, not a name");
    }
    normal.codePoints().forEach(c -> check(field, c));
    int bytes = normal.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_BYTES) {
      throw new InvalidNameException(
          field + " is " + bytes + " bytes long; at most 255 bytes of UTF-8 are allowed");
    }
    return normal;
  }

  private static void check(String field, int c) {
    if (c == '/' || c == '\\') {
      throw new InvalidNameException(
          field + " contains \"" + (char) c + "\"; a name has no / and no \\");
    }
    int type = Character.getType(c);
    if (type == Character.CONTROL
        || type == Character.SURROGATE
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR) {
      throw new InvalidNameException(
          "%s contains the character U+%04X; a name has no control characters".formatted(field, c));
    }
  }
}
