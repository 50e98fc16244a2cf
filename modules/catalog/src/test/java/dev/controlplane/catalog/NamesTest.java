package dev.controlplane.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What may be a name. */
class NamesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "worker.js",
        "...",
        ".hidden",
        "a..b",
        " ",
        "with space",
        "1.0.0-rc.1+build",
        "%2e%2e",
        "günther",
        "工人.wasm",
        "🚀",
        "\"quoted\"",
        "a:b*c?<d>|"
      })
  void goodNamesStayAsTheyAre(String name) {
    assertEquals(name, Names.checked("filename", name));
  }

  static Stream<Arguments> badNames() {
    return Stream.of(
        Arguments.of(null, "is empty; expected: 1 to 255 bytes of UTF-8"),
        Arguments.of("", "is empty; expected: 1 to 255 bytes of UTF-8"),
        Arguments.of(".", "is \".\"; expected: a name, not a path step"),
        Arguments.of("..", "is \"..\"; expected: a name, not a path step"),
        Arguments.of("a/b", "contains \"/\"; expected: a name without / or \\"),
        Arguments.of("/", "contains \"/\"; expected: a name without / or \\"),
        Arguments.of("..\\a", "contains \"\\\"; expected: a name without / or \\"),
        Arguments.of("a\0", control("0000")),
        Arguments.of("a\nb", control("000A")),
        Arguments.of("\r", control("000D")),
        Arguments.of("\u007f", control("007F")),
        Arguments.of("\u0085", control("0085")),
        Arguments.of("\u2028", control("2028")),
        Arguments.of("\u2029", control("2029")),
        Arguments.of("a\ud800", control("D800")),
        Arguments.of("\udc00a", control("DC00")),
        Arguments.of("x".repeat(256), "is 256 bytes long; expected: 1 to 255 bytes of UTF-8"),
        Arguments.of("é".repeat(128), "is 256 bytes long; expected: 1 to 255 bytes of UTF-8"),
        Arguments.of("🚀".repeat(64), "is 256 bytes long; expected: 1 to 255 bytes of UTF-8"));
  }

  private static String control(String code) {
    return "contains the character U+" + code + "; expected: a name without control characters";
  }

  @ParameterizedTest
  @MethodSource("badNames")
  void badNamesAreToldWithTheirField(String name, String message) {
    InvalidNameException e =
        assertThrows(InvalidNameException.class, () -> Names.checked("version", name));
    assertEquals("version " + message, e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {254, 255})
  void namesUpToTheLimitPass(int bytes) {
    String ascii = "x".repeat(bytes);
    assertEquals(ascii, Names.checked("filename", ascii));
    String twoBytes = "é".repeat(127) + (bytes == 255 ? "x" : "");
    assertEquals(twoBytes, Names.checked("filename", twoBytes));
  }

  @Test
  void namesAreNormalisedBeforeTheyAreMeasured() {
    assertEquals("é", Names.checked("filename", "e\u0301"));
    assertEquals("é".repeat(127), Names.checked("filename", "e\u0301".repeat(127)));
    // The angstrom sign and the Kelvin sign are what they look like.
    assertEquals("Å", Names.checked("filename", "\u212b"));
    assertEquals("K", Names.checked("filename", "\u212a"));
  }
}
