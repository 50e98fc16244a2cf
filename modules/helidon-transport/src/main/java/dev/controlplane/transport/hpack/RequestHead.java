package dev.controlplane.transport.hpack;

import java.util.HashSet;
import java.util.Set;

/**
 * Checks that a header list is a valid HTTP/2 request (RFC 9113, sections 8.2 and 8.3). For an
 * invalid one the standard ends only the stream; Helidon 4.5.0 ends the connection with all its
 * streams.
 */
public final class RequestHead {
  private static final Set<String> REQUIRED = Set.of(":method", ":scheme", ":path");
  private static final Set<String> PSEUDO = Set.of(":method", ":scheme", ":path", ":authority");
  private static final Set<String> WITH_BODIES = Set.of("POST", "PUT", "PATCH");
  private static final Set<String> OF_CONNECTIONS =
      Set.of("connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade");
  private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";

  private RequestHead() {}

  public static boolean isMalformed(HeaderDecoder.Block head) {
    Set<String> seen = new HashSet<>();
    for (HeaderDecoder.Field field : head.fields()) {
      String name = field.name();
      if (!isValue(field.value())
          || !(name.startsWith(":")
              ? isPseudo(field, seen)
              : isRegular(field, head.value(":authority"), seen))) {
        return true;
      }
      seen.add(name);
    }
    return !seen.containsAll(REQUIRED) || !(seen.contains(":authority") || seen.contains("host"));
  }

  private static boolean isPseudo(HeaderDecoder.Field field, Set<String> seen) {
    // Pseudo-headers come first: if a regular header was seen before, this one is malformed.
    return PSEUDO.contains(field.name())
        && PSEUDO.containsAll(seen)
        && !seen.contains(field.name())
        && !field.value().isEmpty()
        && (!field.name().equals(":method") || isToken(field.value(), true));
  }

  private static boolean isRegular(HeaderDecoder.Field field, String authority, Set<String> seen) {
    String value = field.value();
    return isToken(field.name(), false)
        && !OF_CONNECTIONS.contains(field.name())
        && switch (field.name()) {
          case "te" -> value.equals("trailers") && !seen.contains("te");
          case "content-length" -> isLength(value) && !seen.contains("content-length");
          case "host" ->
              !value.isEmpty()
                  && !seen.contains("host")
                  && (authority == null || authority.equalsIgnoreCase(value));
          default -> true;
        };
  }

  /**
   * Whether the head does not tell if a body follows. An empty DATA frame may then end the request.
   */
  public static boolean leavesOpenIfThereIsABody(HeaderDecoder.Block head) {
    String length = head.value("content-length");
    return length == null
        ? !WITH_BODIES.contains(head.value(":method"))
        : length.chars().allMatch(c -> c == '0');
  }

  private static boolean isLength(String value) {
    return !value.isEmpty()
        && value.length() <= 18
        && value.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static boolean isToken(String name, boolean upperCase) {
    return !name.isEmpty()
        && name.chars()
            .allMatch(
                c ->
                    (c >= 'a' && c <= 'z')
                        || (c >= '0' && c <= '9')
                        || (upperCase && c >= 'A' && c <= 'Z')
                        || TOKEN_MARKS.indexOf(c) >= 0);
  }

  /** Rejects control characters, and blanks at either end (RFC 9113, section 8.2.1). */
  private static boolean isValue(String value) {
    return value.equals(value.strip())
        && value.chars().allMatch(c -> c == '\t' || (c >= 0x20 && c != 0x7f));
  }
}
