package dev.controlplane.pprof.writers;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Numbers things in the order in which they are met, each once. Not thread-safe. */
final class Numbering<T> {
  private final Map<T, Integer> numbers;
  private final List<T> order = new ArrayList<>();
  private final int first;

  /**
   * Has no thing so far.
   *
   * @param numbers an empty map, which says when two things are the same
   * @param first the number of the first thing
   */
  Numbering(Map<T, Integer> numbers, int first) {
    this.numbers = numbers;
    this.first = first;
  }

  /** The number of a thing, which is the next one if it was not met before. */
  int of(T thing) {
    Integer known = numbers.get(thing);
    if (known != null) {
      return known;
    }
    int number = first + order.size();
    numbers.put(thing, number);
    order.add(thing);
    return number;
  }

  /** All things, by their numbers. */
  List<T> order() {
    return order;
  }
}
