package dev.controlplane.client.cli.terminal;

import java.util.ArrayList;
import java.util.List;
import org.jline.utils.WCWidth;

/**
 * Rows with aligned columns, two spaces apart. Written in blocks, each as soon as it is complete; a
 * column never gets narrower from one block to the next.
 */
public final class Table {
  private final Output out;
  private final int[] widths;
  private final List<String[]> block = new ArrayList<>();

  public Table(Output out, String... headings) {
    this.out = out;
    this.widths = new int[headings.length];
    row(headings);
  }

  public void row(String... cells) {
    String[] row = new String[cells.length];
    for (int i = 0; i < cells.length; i++) {
      row[i] = cells[i].isEmpty() ? "-" : Text.line(cells[i]);
      widths[i] = Math.max(widths[i], width(row[i]));
    }
    block.add(row);
  }

  /** Writes the rows so far. */
  public void flush() throws OutputException {
    StringBuilder text = new StringBuilder();
    for (String[] row : block) {
      for (int i = 0; i < row.length; i++) {
        text.append(row[i]);
        if (i < row.length - 1) {
          text.append(" ".repeat(widths[i] - width(row[i]) + 2));
        }
      }
      text.append('\n');
    }
    out.print(text.toString());
    block.clear();
  }

  /** In columns of a terminal: East Asian characters take two, combining ones none. */
  private static int width(String text) {
    return text.codePoints().map(c -> Math.max(0, WCWidth.wcwidth(c))).sum();
  }
}
