package dev.controlplane.catalog;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;

/** What may name a worker, a version or a consumer. */
public final class Names {
  /** The longest name, in bytes of UTF-8. */
  public static final int MAX_BYTES = 255;

  private Names() {}

  /**
   * The name in Unicode's normal form C.
   *
   * @param field what the name is called where it came from, for the error text
   * @throws InvalidNameException for null, an empty name, {@code .}, {@code ..}, one with a slash,
   *     a backslash, a control character or an unpaired surrogate, or one of more than {@link
   *     #MAX_BYTES} bytes after normalisation
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
