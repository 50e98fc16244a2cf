package dev.controlplane.pprof.tool;

import java.util.ArrayList;
import java.util.List;

/** Lays out functions and their values as the lines of a table. */
final class TopTable {
  private static final String[] HEADS = {"flat", "flat%", "cum", "cum%"};

  /** A name is not cut shorter than this, however narrow the terminal is. */
  private static final int SHORTEST_NAME = 20;

  private TopTable() {}

  /**
   * Returns the lines.
   *
   * @param whole what 100 % is
   * @param signed whether values are growths
   * @param width of the terminal in columns; 0 if names are not cut
   */
  static List<String> lines(
      List<Totals.Row> rows, String unit, long whole, boolean signed, int width) {
    var cells = new ArrayList<String[]>();
    cells.add(HEADS);
    for (Totals.Row row : rows) {
      cells.add(
          new String[] {
            value(row.flat(), unit, signed),
            Quantity.percent(row.flat(), whole),
            value(row.cum(), unit, signed),
            Quantity.percent(row.cum(), whole)
          });
    }
    int[] widths = new int[HEADS.length];
    for (String[] line : cells) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line[i].length());
      }
    }
    var lines = new ArrayList<String>();
    for (int i = 0; i < cells.size(); i++) {
      var line = new StringBuilder();
      for (int column = 0; column < widths.length; column++) {
        line.append(" ".repeat(2 + widths[column] - cells.get(i)[column].length()));
        line.append(cells.get(i)[column]);
      }
      String name = i == 0 ? "function" : plain(rows.get(i - 1).function());
      line.append("  ").append(cut(name, width == 0 ? 0 : width - line.length() - 2));
      lines.add(line.toString());
    }
    return lines;
  }

  private static String value(long value, String unit, boolean signed) {
    return (signed && value > 0 ? "+" : "") + Quantity.text(value, unit);
  }

  /** Keeps the end, which says more than the package. */
  private static String cut(String name, int room) {
    int most = Math.max(room, SHORTEST_NAME);
    return room == 0 || name.length() <= most
        ? name
        : "…" + name.substring(name.length() - most + 1);
  }

  /** A name must not move the cursor, nor write anything else to the terminal. */
  static String plain(String text) {
    return text.replaceAll("\\p{Cntrl}|[\\u0080-\\u009f]", "?");
  }
}
