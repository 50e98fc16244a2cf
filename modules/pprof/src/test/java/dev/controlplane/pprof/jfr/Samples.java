package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a profile has, in the words of tests. */
record Samples(List<Sample> all) {
  record Sample(List<Frame> frames, LabelSet labels, List<Long> values) {
    Frame leaf() {
      return frames.getFirst();
    }

    boolean has(String function) {
      return frames.stream().anyMatch(frame -> frame.function.name.endsWith(function));
    }
  }

  static Samples of(Profile profile) {
    var all = new ArrayList<Sample>();
    profile.forEach(
        (stack, labels, values) ->
            all.add(
                new Sample(
                    Arrays.asList(stack.frames), labels, Arrays.stream(values).boxed().toList())));
    return new Samples(all);
  }

  /** The sample with the most of a value. */
  Sample top(int value) {
    return all.stream()
        .max(Comparator.comparingLong(sample -> sample.values.get(value)))
        .orElseThrow(() -> new AssertionError("no sample"));
  }

  /** The sum of a value over samples with a function anywhere on the stack. */
  long of(String function, int value) {
    return all.stream()
        .filter(sample -> sample.has(function))
        .mapToLong(sample -> sample.values.get(value))
        .sum();
  }

  /** The sum of a value over samples with a function, by labels. */
  Map<Map<String, String>, Long> byLabels(String function, int value) {
    var sums = new HashMap<Map<String, String>, Long>();
    for (Sample sample : all) {
      if (sample.has(function)) {
        sums.merge(new TreeMap<>(sample.labels.pairs()), sample.values.get(value), Long::sum);
      }
    }
    return sums;
  }

  @Override
  public String toString() {
    var text = new StringBuilder();
    all.forEach(
        sample ->
            text.append(sample.values)
                .append(sample.labels.pairs())
                .append(sample.frames)
                .append('\n'));
    return text.toString();
  }
}
