package dev.controlplane.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "", ".", "..", "a/b", "/", "..\\x", "a\u0000", "a\nb", "\u007f", "\u0085", "\u2028",
        "\ud800"
      })
  void aNameThatIsAPathOrUnprintableIsRefused(String name) {
    assertThrows(InvalidNameException.class, () -> Names.checked("the name", name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"...", ".hidden", "-rf", "a b", "%2e%2e", "wörker", "日本", "😀", "@x"})
  void anyOtherNameIsANameAsItStands(String name) {
    assertEquals(name, Names.checked("the name", name));
  }

  @Test
  void aNameMayHave255BytesAndNotOneMore() {
    String longest = "é".repeat(127) + "x";
    assertEquals(longest, Names.checked("the name", longest));
    assertThrows(InvalidNameException.class, () -> Names.checked("the name", longest + "x"));
  }

  @Test
  void theSameLettersInAnotherFormAreTheSameName() {
    assertEquals("\u00e9", Names.checked("the name", "e\u0301"));
  }
}
