package dev.controlplane.client;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;

/**
 * The rules for names of workers, versions and consumers, the same as on the servers. Checking them
 * here prevents a name from the network from becoming a path elsewhere.
 */
public final class Names {
  private static final int MAX_BYTES = 255;

  private Names() {}

  /**
   * Checks a name and returns it in Unicode normalization form C.
   *
   * @param field what it names, for the error message
   * @throws InvalidNameException if the name is empty, {@code .} or {@code ..}; contains a slash, a
   *     backslash, a control character, a line or paragraph separator, or an unpaired surrogate; or
   *     has more than 255 bytes of UTF-8
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
