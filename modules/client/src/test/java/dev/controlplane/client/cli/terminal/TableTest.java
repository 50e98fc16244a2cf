package dev.controlplane.client.cli.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TableTest {
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();

  private Table table(int columns, boolean colours) {
    Output out = new Output(written, () -> colours, () -> columns);
    return new Table(out, "NAME", "SHA256", "NOTE").shorten("SHA256", 5);
  }

  private String written() {
    return written.toString(StandardCharsets.UTF_8);
  }

  private static void fill(Table table) throws OutputException {
    table.row("greeter.js", "0123456789abcdef", "fine");
    table.row("日本", "fedcba9876543210", "");
    table.flush();
  }

  @Test
  void rowsThatFitAreAlignedAndWhole() throws Exception {
    fill(table(34, false));
    assertEquals(
        """
        NAME        SHA256            NOTE
        greeter.js  0123456789abcdef  fine
        日本        fedcba9876543210  -
        """,
        written());
  }

  @Test
  void withoutATerminalNothingIsCut() throws Exception {
    Table table = table(0, false);
    table.row("n".repeat(300), "0".repeat(64), "");
    table.flush();
    assertTrue(written().contains("n".repeat(300) + "  " + "0".repeat(64)), this::written);
  }

  @Test
  void onANarrowTerminalTheEndsOfWhatMayBeShortenedGo() throws Exception {
    fill(table(26, false));
    assertEquals(
        """
        NAME        SHA256    NOTE
        greeter.js  0123456…  fine
        日本        fedcba9…  -
        """,
        written());
  }

  @Test
  void whereRowsDoNotFitEvenSoEachCellHasItsLineAndIsWhole() throws Exception {
    Table table = table(20, false);
    fill(table);
    table.row("later", "00", "of the next page");
    table.flush();
    assertEquals(
        """
        NAME    greeter.js
        SHA256  0123456789abcdef
        NOTE    fine

        NAME    日本
        SHA256  fedcba9876543210
        NOTE    -

        NAME    later
        SHA256  00
        NOTE    of the next page
        """,
        written());
  }

  @Test
  void headingsAreBoldWhereColoursAreShown() throws Exception {
    fill(table(80, true));
    assertTrue(
        written()
            .startsWith(
                "\u001B[1mNAME\u001B[0m        \u001B[1mSHA256\u001B[0m            "
                    + "\u001B[1mNOTE\u001B[0m\ngreeter.js  0123456789abcdef  fine\n"),
        this::written);
  }
}
