package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Stack;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Sums by stack and labels, in bounded memory: once it is full, the samples of new stacks are
 * counted under one stack, {@code jvm.otherStacks}. A sum that is there is never dropped. Thread-
 * safe.
 */
final class StackSums {
  private final Map<Profile.Key, long[]> sums = new HashMap<>();
  private final Profile.Key others;
  private final long room;
  private long used;
  private long crowdedOut;

  /**
   * @param room memory for distinct stacks, in bytes
   */
  StackSums(FrameTable table, long room) {
    this.others = new Profile.Key(StackReader.stackOf(table, "otherStacks"), LabelSet.EMPTY);
    this.room = room;
  }

  synchronized void add(Stack stack, LabelSet labels, long... values) {
    var key = new Profile.Key(stack, labels);
    long[] sum = sums.get(key);
    if (sum == null && used > room) {
      crowdedOut++;
      key = others;
      sum = sums.get(others);
    }
    if (sum == null) {
      used += 200 + 8L * stack.frames.length;
      sums.put(key, values.clone());
      return;
    }
    for (int i = 0; i < sum.length; i++) {
      sum[i] += values[i];
    }
  }

  /** How many distinct pairs of stack and labels there are. */
  synchronized int size() {
    return sums.size();
  }

  /** The sum of one value over all stacks. */
  synchronized long sum(int value) {
    return sums.values().stream().mapToLong(sum -> sum[value]).sum();
  }

  /** Adds all sums to a profile of the same types. */
  void addTo(Profile.Builder profile) {
    addTo(profile, UnaryOperator.identity());
  }

  /**
   * Adds all sums to a profile.
   *
   * @param values makes the values of a sample of what was summed
   */
  synchronized void addTo(Profile.Builder profile, UnaryOperator<long[]> values) {
    sums.forEach((key, sum) -> profile.add(key.stack(), key.labels(), values.apply(sum)));
    remark().ifPresent(profile::comment);
  }

  private Optional<String> remark() {
    return crowdedOut == 0
        ? Optional.empty()
        : Optional.of(
            crowdedOut
                + " samples are in jvm.otherStacks: there are more different stacks than fit into"
                + " the memory for them");
  }
}
