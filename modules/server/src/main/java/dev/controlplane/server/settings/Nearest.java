package dev.controlplane.server.settings;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the known name that a user may have meant by an unknown one. */
public final class Nearest {
  /** The most typing errors, further limited to a third of the letters. */
  private static final int MOST_EDITS = 2;

  private Nearest() {}

  /** Returns the nearest known name; empty if none is near. */
  public static Optional<String> of(String typed, Collection<String> known) {
    int most = Math.min(MOST_EDITS, typed.length() / 3);
    return known.stream()
        .filter(name -> edits(typed, name) <= most)
        .min(Comparator.comparingInt(name -> edits(typed, name)));
  }

  /**
   * The optimal string alignment distance: insertions, deletions and replacements of a letter, and
   * swaps of two neighbours.
   */
  private static int edits(String one, String other) {
    int[] beforeLast = new int[other.length() + 1];
    int[] last = new int[other.length() + 1];
    int[] row = new int[other.length() + 1];
    Arrays.setAll(last, i -> i);
    for (int i = 1; i <= one.length(); i++) {
      row[0] = i;
      for (int j = 1; j <= other.length(); j++) {
        boolean same = one.charAt(i - 1) == other.charAt(j - 1);
        row[j] = Math.min(Math.min(row[j - 1], last[j]) + 1, last[j - 1] + (same ? 0 : 1));
        if (i > 1
            && j > 1
            && one.charAt(i - 1) == other.charAt(j - 2)
            && one.charAt(i - 2) == other.charAt(j - 1)) {
          row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
        }
      }
      int[] spare = beforeLast;
      beforeLast = last;
      last = row;
      row = spare;
    }
    return last[other.length()];
  }
}
