package dev.controlplane.pprof.contention;

import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Stack;
import dev.controlplane.pprof.threads.Roster;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Sums of waits by stack and labels since the start. They never fall. The number of stacks is
 * bounded: waits with further stacks are added to one stack that says so. Thread-safe.
 */
final class WaitSums {
  /** From this many ends on, their rate is a better estimate than the waits seen to begin. */
  private static final int ENOUGH_ENDS = 16;

  private static final class Sum {
    double begun;
    double ended;
    int endsSeen;
    double nanos;

    /** Never falls: the estimates only grow, and the larger one is taken. */
    long count() {
      return Math.round(endsSeen < ENOUGH_ENDS ? begun : Math.max(begun, ended));
    }
  }

  private final int maxStacks;
  private final Map<Profile.Key, Sum> sums = new HashMap<>();
  private final Map<String, LabelSet> labels = new HashMap<>();
  private final String labelKey;
  private final Profile.Key others;
  private long beyond;

  /**
   * No waits.
   *
   * @param labelKey the label that tells waits with the same stack apart
   */
  WaitSums(int maxStacks, String labelKey) {
    this.maxStacks = maxStacks;
    this.labelKey = labelKey;
    this.others =
        new Profile.Key(
            new Stack(
                new Frame[] {Roster.FRAMES.named("pprof", "otherStacks", FrameTable.NO_FILE, 0)}),
            LabelSet.EMPTY);
  }

  /** What waits with this stack and label are counted by. */
  synchronized Profile.Key key(Stack stack, String label) {
    return new Profile.Key(
        stack,
        labels.computeIfAbsent(
            label, value -> new LabelSet(new TreeMap<>(Map.of(labelKey, value)))));
  }

  /**
   * Adds time to the waits of a key.
   *
   * @param begun how many of the waits have begun since the last look
   */
  synchronized void add(Profile.Key key, double begun, double nanos) {
    Sum sum = sum(key);
    sum.begun += begun;
    sum.nanos += nanos;
  }

  /** Adds waits that were seen to end. */
  synchronized void addEnded(Profile.Key key, double ended) {
    Sum sum = sum(key);
    sum.ended += ended;
    sum.endsSeen++;
  }

  private Sum sum(Profile.Key key) {
    Sum sum = sums.get(key);
    if (sum == null && sums.size() >= maxStacks) {
      key = others;
      beyond++;
    }
    return sum == null ? sums.computeIfAbsent(key, absent -> new Sum()) : sum;
  }

  synchronized int size() {
    return sums.size();
  }

  /** Adds all sums to a profile of contentions and delay. */
  synchronized void addTo(Profile.Builder profile, boolean withLabels) {
    sums.forEach(
        (key, sum) ->
            profile.add(
                key.stack(),
                withLabels ? key.labels() : LabelSet.EMPTY,
                sum.count(),
                Math.round(sum.nanos)));
    if (beyond > 0) {
      profile.comment(
          "there were more than %d stacks: waits with others are counted as pprof.otherStacks"
              .formatted(maxStacks));
    }
  }
}
