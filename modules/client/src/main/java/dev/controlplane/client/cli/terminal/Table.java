package dev.controlplane.client.cli.terminal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jline.utils.WCWidth;

/**
 * A table with aligned columns, two spaces apart. It is written in blocks, each as soon as it is
 * complete. A column never gets narrower from one block to the next.
 *
 * <p>Rows that do not fit a terminal's width first lose the ends of those cells that may be
 * shortened. If that is not enough, each cell is written on a line of its own.
 */
public final class Table {
  private static final String GAP = "  ";

  private final Output out;
  private final String[] headings;
  private final int[] widths;
  private final Map<Integer, Integer> shortest = new HashMap<>();
  private final List<String[]> block = new ArrayList<>();
  private boolean begun;
  private boolean upright;

  public Table(Output out, String... headings) {
    this.out = out;
    this.headings = headings.clone();
    this.widths = Arrays.stream(headings).mapToInt(Table::width).toArray();
  }

  /** Allows cutting a column's cells to this width if a row does not fit otherwise. */
  public Table shorten(String heading, int least) {
    shortest.put(Arrays.asList(headings).indexOf(heading), least);
    return this;
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
    int columns = out.columns();
    int[] fitting = columns == 0 ? widths : fitted(columns);
    // All rows of a table have the same form.
    upright |= columns > 0 && total(fitting) > columns && !begun;
    StringBuilder text = new StringBuilder();
    if (upright) {
      block.forEach(row -> upright(text, row));
    } else {
      if (!begun) {
        line(text, headings, fitting, true);
      }
      block.forEach(row -> line(text, row, fitting, false));
    }
    begun = true;
    out.print(text.toString());
    block.clear();
  }

  private int[] fitted(int columns) {
    int[] fitted = widths.clone();
    shortest.forEach(
        (column, least) -> {
          int excess = Math.max(0, total(fitted) - columns);
          fitted[column] = Math.max(Math.min(least, fitted[column]), fitted[column] - excess);
        });
    return fitted;
  }

  private static int total(int[] widths) {
    return Arrays.stream(widths).sum() + GAP.length() * (widths.length - 1);
  }

  private void line(StringBuilder text, String[] row, int[] fitting, boolean heading) {
    for (int i = 0; i < row.length; i++) {
      String cell = cut(row[i], fitting[i]);
      text.append(heading ? out.styled(Style.BOLD, cell) : cell);
      if (i < row.length - 1) {
        text.append(" ".repeat(fitting[i] - width(cell))).append(GAP);
      }
    }
    text.append('\n');
  }

  private void upright(StringBuilder text, String[] row) {
    int widest = Arrays.stream(headings).mapToInt(Table::width).max().orElse(0);
    text.append(begun || !text.isEmpty() ? "\n" : "");
    for (int i = 0; i < row.length; i++) {
      if (!row[i].isBlank()) {
        text.append(out.styled(Style.BOLD, headings[i]))
            .append(" ".repeat(widest - width(headings[i])))
            .append(GAP)
            .append(row[i])
            .append('\n');
      }
    }
  }

  /** The text, cut to a width; what was cut is marked. */
  private static String cut(String text, int width) {
    if (width(text) <= width) {
      return text;
    }
    StringBuilder cut = new StringBuilder();
    int used = 1;
    for (int c : text.codePoints().toArray()) {
      used += columns(c);
      if (used > width) {
        break;
      }
      cut.appendCodePoint(c);
    }
    return cut.append('…').toString();
  }

  /** The width in terminal columns: East Asian characters take two, combining ones none. */
  private static int width(String text) {
    return text.codePoints().map(Table::columns).sum();
  }

  private static int columns(int c) {
    return Math.max(0, WCWidth.wcwidth(c));
  }
}
