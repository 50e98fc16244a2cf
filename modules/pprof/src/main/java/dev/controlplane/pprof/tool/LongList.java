package dev.controlplane.pprof.tool;

import java.util.Arrays;

/** A growing list of numbers. Not thread-safe. */
final class LongList {
  private long[] numbers = new long[8];
  private int size;

  void add(long number) {
    if (size == numbers.length) {
      numbers = Arrays.copyOf(numbers, 2 * size);
    }
    numbers[size++] = number;
  }

  long[] toArray() {
    return Arrays.copyOf(numbers, size);
  }
}
