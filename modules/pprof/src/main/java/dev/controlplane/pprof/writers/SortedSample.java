package dev.controlplane.pprof.writers;

import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Stack;
import java.util.ArrayList;
import java.util.List;

/**
 * A sample that takes its place in Go's order (runtime/pprof/pprof.go, printCountProfile): by the
 * value that readers show first, largest first; equal ones by the text of their return addresses,
 * {@code @ 0x… 0x…}, then by the text of their labels.
 *
 * <p>Implementation note: the text of the addresses is compared without being made. A profile may
 * have as many stacks as fit into memory.
 */
final class SortedSample implements Comparable<SortedSample> {
  private static final int HEX_DIGITS = 16;

  final Stack stack;
  final LabelSet labels;
  final long[] values;
  private final long shown;
  private String labelText;

  private SortedSample(Stack stack, LabelSet labels, long[] values, int shown) {
    this.stack = stack;
    this.labels = labels;
    this.values = values;
    this.shown = values[shown];
  }

  /** All samples of a profile in order. */
  static List<SortedSample> of(Profile profile) {
    int shown = shown(profile);
    var samples = new ArrayList<SortedSample>(profile.size());
    profile.forEach(
        (stack, labels, values) -> samples.add(new SortedSample(stack, labels, values, shown)));
    samples.sort(null);
    return samples;
  }

  /** The index of the value that readers show first. */
  private static int shown(Profile profile) {
    List<Profile.ValueType> types = profile.sampleTypes();
    for (int i = 0; i < types.size(); i++) {
      if (types.get(i).type().equals(profile.defaultSampleType())) {
        return i;
      }
    }
    return types.size() - 1;
  }

  /** The labels as in {@code debug=1}; empty without labels. */
  String labelText() {
    if (labelText == null) {
      labelText = labels.pairs().isEmpty() ? "" : labels.compact();
    }
    return labelText;
  }

  @Override
  public int compareTo(SortedSample other) {
    if (shown != other.shown) {
      return Long.compare(other.shown, shown);
    }
    int byStack = compare(stack, other.stack);
    return byStack == 0 ? labelText().compareTo(other.labelText()) : byStack;
  }

  private static int compare(Stack a, Stack b) {
    if (a.equals(b)) {
      return 0;
    }
    int common = Math.min(a.frames.length, b.frames.length);
    for (int i = 0; i < common; i++) {
      int byAddress = compareHex(a.frames[i].address + 1, b.frames[i].address + 1);
      if (byAddress != 0) {
        return byAddress;
      }
    }
    return Integer.compare(a.frames.length, b.frames.length);
  }

  /** Compares the hexadecimal texts of two positive numbers, each followed by a blank. */
  private static int compareHex(long a, long b) {
    if (a == b) {
      return 0;
    }
    int digitsOfA = digits(a);
    int digitsOfB = digits(b);
    int byDigits = Long.compareUnsigned(leftmost(a, digitsOfA), leftmost(b, digitsOfB));
    return byDigits == 0 ? Integer.compare(digitsOfA, digitsOfB) : byDigits;
  }

  private static long leftmost(long number, int digits) {
    return number << (4 * (HEX_DIGITS - digits));
  }

  private static int digits(long number) {
    return (67 - Long.numberOfLeadingZeros(number)) / 4;
  }
}
