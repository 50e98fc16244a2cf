package dev.controlplane.upload;

import dev.controlplane.server.http.ApiException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The headers of a part of a form (RFC 7578, section 4).
 *
 * @param field name of the form field; empty if the part has none
 * @param contentType media type with its parameters; empty if the part has none
 * @param transferEncoding Content-Transfer-Encoding in lower case; empty if the part has none
 */
record PartHeader(String field, String contentType, String transferEncoding) {
  /** The end of a line that continues on the next one (RFC 5322, section 2.2.3). */
  private static final Pattern FOLD = Pattern.compile("\r?\n(?=[ \t])");

  /** Encodings that leave the bytes unchanged (RFC 2045, section 6.2). */
  private static final Set<String> PLAIN = Set.of("", "7bit", "8bit", "binary");

  static PartHeader parse(String lines) {
    String field = "";
    String contentType = "";
    String transferEncoding = "";
    for (String line : FOLD.matcher(lines).replaceAll("").lines().toList()) {
      int colon = line.indexOf(':');
      String value = line.substring(colon + 1).strip();
      switch (line.substring(0, Math.max(colon, 0)).strip().toLowerCase(Locale.ROOT)) {
        case "content-disposition" -> field = Parameters.parse(value).getOrDefault("name", "");
        case "content-type" -> contentType = value;
        case "content-transfer-encoding" -> transferEncoding = value.toLowerCase(Locale.ROOT);
        default -> {
          // Other headers are ignored (RFC 7578, section 4.8).
        }
      }
    }
    return new PartHeader(field, contentType, transferEncoding);
  }

  /**
   * The charset of a text field's value: UTF-8 unless the part says otherwise. Some Java clients
   * say ISO-8859-1.
   *
   * @throws ApiException 400 if it is unknown
   */
  Charset charset() {
    String name = Parameters.parse(contentType).getOrDefault("charset", "");
    if (name.isEmpty()) {
      return StandardCharsets.UTF_8;
    }
    try {
      return Charset.forName(name);
    } catch (IllegalArgumentException e) {
      throw ApiException.badRequest(
          "invalid_field", "the charset of " + field + " is unknown; expected: UTF-8");
    }
  }

  /**
   * Checks that the part's bytes are not encoded, because Base64 must not be stored as if it were
   * the file.
   *
   * @throws ApiException 415 if it has another Content-Transfer-Encoding
   */
  void requirePlainBytes() {
    if (!PLAIN.contains(transferEncoding)) {
      throw ApiException.of(
          415,
          "unsupported_encoding",
          "the Content-Transfer-Encoding of %s is \"%s\"; expected: binary, or none"
              .formatted(field, transferEncoding));
    }
  }
}
