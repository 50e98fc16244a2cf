package dev.controlplane.grpc;

import java.nio.charset.StandardCharsets;

/** Where the consumer-server serves a version. */
final class FilePath {
  private static final String UNRESERVED = "-._~";

  private FilePath() {}

  /**
   * {@code /file/{worker}/version/{version}}, with each name percent-encoded: all but the
   * unreserved characters of RFC 3986, section 2.3.
   */
  static String of(String worker, String version) {
    StringBuilder path = new StringBuilder(32 + worker.length() + version.length());
    encode(path.append("/file/"), worker);
    encode(path.append("/version/"), version);
    return path.toString();
  }

  private static void encode(StringBuilder path, String name) {
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if ((c >= 'a' && c <= 'z')
          || (c >= 'A' && c <= 'Z')
          || (c >= '0' && c <= '9')
          || UNRESERVED.indexOf(c) >= 0) {
        path.append(c);
      } else {
        path.append('%')
            .append(Character.toUpperCase(Character.forDigit(c >> 4, 16)))
            .append(Character.toUpperCase(Character.forDigit(c & 15, 16)));
      }
    }
  }
}
