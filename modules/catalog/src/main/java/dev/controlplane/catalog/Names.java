package dev.controlplane.catalog;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;

/** The rules for names of workers, versions and consumers. */
public final class Names {
  /** The longest name, in bytes of UTF-8. */
  public static final int MAX_BYTES = 255;

  private Names() {}

  /**
   * Checks a name and returns it in Unicode normalization form C.
   *
   * @param field the name's field, for the error message
   * @throws InvalidNameException if the name is null, empty, {@code .} or {@code ..}; contains a
   *     slash, a backslash, a control character, a line or paragraph separator, or an unpaired
   *     surrogate; or has more than {@link #MAX_BYTES} bytes after normalization
   */
  public static String checked(String field, String name) {
    if (name == null || name.isEmpty()) {
      throw new InvalidNameException(field, "is empty", "1 to 255 bytes of UTF-8");
    }
    String normal = Normalizer.normalize(name, Normalizer.Form.NFC);
    if (normal.equals(".") || normal.equals("..")) {
      throw new InvalidNameException(field, "is \"" + normal + "\"", "a name, not a path step");
    }
    for (int i = 0; i < normal.length(); ) {
      int c = normal.codePointAt(i);
      i += Character.charCount(c);
      if (c == '/' || c == '\\') {
        throw new InvalidNameException(
            field, "contains \"" + (char) c + "\"", "a name without / or \\");
      }
      int type = Character.getType(c);
      if (type == Character.CONTROL
          || type == Character.SURROGATE
          || type == Character.LINE_SEPARATOR
          || type == Character.PARAGRAPH_SEPARATOR) {
        throw new InvalidNameException(
            field,
            "contains the character U+%04X".formatted(c),
            "a name without control characters");
      }
    }
    int bytes = normal.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_BYTES) {
      throw new InvalidNameException(
          field, "is " + bytes + " bytes long", "1 to 255 bytes of UTF-8");
    }
    return normal;
  }
}
