package dev.controlplane.server.http;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Percent-encodes names for URLs and headers, in UTF-8 (RFC 3986, section 2.1). */
public final class PathSegment {
  private static final String UNRESERVED_MARKS = "-._~";
  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private PathSegment() {}

  /** Encodes a name as one segment of a path: everything but unreserved characters. */
  public static String encode(String name) {
    StringBuilder encoded = new StringBuilder(name.length() + 16);
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      if (isUnreserved(b)) {
        encoded.append((char) b);
      } else {
        encoded.append('%');
        HEX.toHexDigits(encoded, b);
      }
    }
    return encoded.toString();
  }

  private static boolean isUnreserved(byte b) {
    return (b >= 'a' && b <= 'z')
        || (b >= 'A' && b <= 'Z')
        || (b >= '0' && b <= '9')
        || UNRESERVED_MARKS.indexOf(b) >= 0;
  }
}
