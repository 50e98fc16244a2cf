package dev.controlplane.pprof.tool;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The values of one type, by function. */
final class Totals {
  /**
   * A function.
   *
   * @param flat the sum of the samples that it is the innermost function of
   * @param cum the sum of the samples that it is in; recursion counts once
   */
  record Row(String function, long flat, long cum) {}

  private final Map<String, long[]> functions = new HashMap<>();
  private long total;

  /**
   * Adds the samples of a profile.
   *
   * @param index which of their values
   * @param sign 1, or -1 to subtract
   */
  void add(ReadProfile profile, int index, int sign) throws NotAProfileException {
    profile.forEach(
        (stack, values) -> {
          long value = sign * values[index];
          total += value;
          if (value == 0) {
            return;
          }
          Set<String> seen = stack.size() == 1 ? Set.of() : new HashSet<>();
          for (int i = 0; i < stack.size(); i++) {
            String function = stack.get(i);
            long[] sums = functions.computeIfAbsent(function, name -> new long[2]);
            if (i == 0) {
              sums[0] += value;
            }
            if (stack.size() == 1 || seen.add(function)) {
              sums[1] += value;
            }
          }
        });
  }

  long total() {
    return total;
  }

  /** All functions with a value, the largest first. */
  List<Row> rows(boolean byCum) {
    var rows = new ArrayList<Row>(functions.size());
    functions.forEach(
        (name, sums) -> {
          if (sums[0] != 0 || sums[1] != 0) {
            rows.add(new Row(name, sums[0], sums[1]));
          }
        });
    Comparator<Row> flat = Comparator.comparingLong(row -> -Math.abs(row.flat));
    Comparator<Row> cum = Comparator.comparingLong(row -> -Math.abs(row.cum));
    rows.sort(
        (byCum ? cum.thenComparing(flat) : flat.thenComparing(cum)).thenComparing(Row::function));
    return rows;
  }
}
