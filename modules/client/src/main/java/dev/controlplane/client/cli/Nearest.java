package dev.controlplane.client.cli;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** What somebody may have meant who typed a command or an option that there is not. */
final class Nearest {
  /** So many letters may be wrong, missing or too many, but not more than a third of them. */
  private static final int MOST_EDITS = 2;

  private Nearest() {}

  /** The known name that is nearest; empty if none is near. */
  static Optional<String> of(String typed, Collection<String> known) {
    int most = Math.min(MOST_EDITS, typed.length() / 3);
    return known.stream()
        .filter(name -> edits(typed, name) <= most)
        .min(Comparator.comparingInt(name -> edits(typed, name)));
  }

  /**
   * Insertions, deletions, exchanges of one letter, and swaps of two neighbours, that make one text
   * of the other (the optimal string alignment distance).
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
