package dev.controlplane.upload;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.controlplane.server.http.ApiException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnpaddedBoundariesTest {
  private static final String BOUNDARY = "-a-a";

  /** Line ends are written as / here. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "---a-a /x | ---a-a/x",
        "preamble /---a-a \t/x | preamble /---a-a/x",
        "---a-a/x //---a-a  /y/---a-a-- / | ---a-a/x //---a-a/y/---a-a-- /",
        "---a-a/x ---a-a /---a-/---a-a /y | ---a-a/x ---a-a /---a-/---a-a/y",
        "---a-a/-----a-a /---a-a\t\t/ | ---a-a/-----a-a /---a-a/",
        "---a-a/ / \t/ ---a-a / | ---a-a/ / \t/ ---a-a /",
        "---a-abc / | ---a-abc /",
        "---a-a | ---a-a",
      })
  void paddingIsRemovedBehindBoundariesAndNowhereElseHoweverTheBodyIsCut(
      String body, String expected) throws IOException {
    for (int piece = 1; piece <= body.length() * 2; piece++) {
      assertEquals(expected, read(body, piece), "read " + piece + " bytes at once");
    }
  }

  @ParameterizedTest
  @CsvSource({"---a-a x/", "---a-a --/", "---a-a \t-"})
  void whatFollowsPaddingIsTheEndOfTheLine(String body) {
    for (int piece = 1; piece <= body.length(); piece++) {
      int size = piece;
      assertThrows(ApiException.class, () -> read(body, size));
    }
  }

  @Test
  void aBodyThatEndsInThePaddingEnds() throws IOException {
    assertEquals("---a-a", read("---a-a   ", 4));
  }

  private static String read(String body, int piece) throws IOException {
    byte[] bytes = body.replace("/", "\r\n").getBytes(ISO_8859_1);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (UnpaddedBoundaries in =
        new UnpaddedBoundaries(new ByteArrayInputStream(bytes), BOUNDARY.getBytes(ISO_8859_1))) {
      byte[] buffer = new byte[piece + 2];
      for (int count; (count = in.read(buffer, 1, piece)) >= 0; ) {
        out.write(buffer, 1, count);
      }
    }
    return out.toString(ISO_8859_1).replace("\r\n", "/");
  }
}
