package dev.controlplane.client.cli.arguments;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the known command or option that an unknown one resembles. */
final class Nearest {
  /** The most edits between the two, and at most a third of the letters. */
  private static final int MOST_EDITS = 2;

  private Nearest() {}

  /** Returns the nearest known name; empty if none is near. */
  static Optional<String> of(String typed, Collection<String> known) {
    int most = Math.min(MOST_EDITS, typed.length() / 3);
    return known.stream()
        .filter(name -> edits(typed, name) <= most)
        .min(Comparator.comparingInt(name -> edits(typed, name)));
  }

  /**
   * Returns the number of insertions, deletions, replacements of one letter, and swaps of two
   * neighbours that turn one text into the other (optimal string alignment distance).
   */
  private static int edits(String one, String other) {
    int[][] edits = new int[one.length() + 1][other.length() + 1];
    Arrays.setAll(edits[0], j -> j);
    for (int i = 1; i <= one.length(); i++) {
      edits[i][0] = i;
      for (int j = 1; j <= other.length(); j++) {
        int exchange = one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1;
        edits[i][j] =
            Math.min(
                Math.min(edits[i - 1][j], edits[i][j - 1]) + 1, edits[i - 1][j - 1] + exchange);
        boolean swapped =
            i > 1
                && j > 1
                && one.charAt(i - 1) == other.charAt(j - 2)
                && one.charAt(i - 2) == other.charAt(j - 1);
        if (swapped) {
          edits[i][j] = Math.min(edits[i][j], edits[i - 2][j - 2] + 1);
        }
      }
    }
    return edits[one.length()][other.length()];
  }
}
