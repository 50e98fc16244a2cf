package dev.controlplane.client.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 s",
    "59, 59 s",
    "60, 1 min",
    "1076, 17 min 56 s",
    "3599, 59 min 59 s",
    "3600, 1 h",
    "86399, 23 h 59 min",
    "86400, 1 d",
    "273600, 3 d 4 h"
  })
  void aTimeSpanHasItsTwoLargestUnits(long seconds, String text) {
    assertEquals(text, Text.age(seconds));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1023, 1023 B",
    "1024, 1.0 KiB",
    "1536, 1.5 KiB",
    "1048524, 1023.9 KiB",
    "1048525, 1.0 MiB",
    "1073741824, 1.0 GiB",
    "9223372036854775807, 8.0 EiB"
  })
  void aSizeHasTheUnitThatFitsIt(long bytes, String shown) {
    assertEquals(shown, Text.size(bytes));
  }

  @Test
  void whatCouldMoveATerminalIsMadeHarmless() {
    assertEquals("a?[2Jb c ?d", Text.line("a\u001b[2Jb\nc\u2028\u202ed"));
  }
}
