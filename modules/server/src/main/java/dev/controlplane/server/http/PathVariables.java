package dev.controlplane.server.http;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The variable segments of a request's path. */
public final class PathVariables {
  private final Map<String, String> raw;

  PathVariables(Map<String, String> raw) {
    this.raw = raw;
  }

  /**
   * Returns the value of a variable, percent-decoded once.
   *
   * @throws ApiException 400 {@code bad_path} if it is not percent-encoded UTF-8
   */
  public String get(String name) {
    return percentDecoded(name, raw.get(name));
  }

  /**
   * Decodes percent-encoded text (RFC 3986, section 2.1). A plus sign stays a plus sign.
   *
   * @throws ApiException 400 {@code bad_path} if it is not percent-encoded UTF-8
   */
  static String percentDecoded(String name, String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '%') {
        bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
        continue;
      }
      if (i + 2 >= text.length()) {
        throw malformed(name, text);
      }
      int high = Character.digit(text.charAt(i + 1), 16);
      int low = Character.digit(text.charAt(i + 2), 16);
      if (high < 0 || low < 0) {
        throw malformed(name, text);
      }
      bytes.write(high * 16 + low);
      i += 2;
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.toByteArray()))
          .toString();
    } catch (CharacterCodingException e) {
      throw malformed(name, text);
    }
  }

  private static ApiException malformed(String name, String text) {
    return ApiException.badRequest(
        "bad_path", name + " is \"" + text + "\"; expected: percent-encoded UTF-8");
  }
}
