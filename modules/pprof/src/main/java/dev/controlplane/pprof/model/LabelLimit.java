package dev.controlplane.pprof.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Bounds the number of distinct label sets in a profile. A scraper creates a time series for each
 * label set, and some reject a profile with too many.
 *
 * <p>The label sets with the largest values stay as they are. The others lose the label that has
 * most values, then the next one, until all fit. No sample is lost: samples that become equal are
 * added up.
 *
 * @since 0.1.0
 */
public final class LabelLimit {
  private LabelLimit() {}

  /**
   * Returns the profile with at most {@code limit} distinct label sets. A profile that fits is
   * returned as it is; another one has a comment that says what was merged.
   *
   * @param limit 0 removes all labels
   * @throws IllegalArgumentException if the limit is negative
   */
  public static Profile apply(Profile profile, int limit) {
    if (limit < 0) {
      throw new IllegalArgumentException("the number of label sets can't be " + limit);
    }
    Map<LabelSet, Long> weights = weights(profile);
    if (limit == 0) {
      return weights.size() == 1 && weights.containsKey(LabelSet.EMPTY)
          ? profile
          : rewritten(profile, new HashMap<>(), null);
    }
    if (weights.size() <= limit) {
      return profile;
    }
    Set<String> removed = new LinkedHashSet<>();
    Map<LabelSet, LabelSet> merged = new HashMap<>();
    weights.keySet().forEach(labels -> merged.put(labels, labels));
    int distinct = merged.size();
    while (distinct > limit) {
      removed.add(richest(merged.values()));
      merged.replaceAll((labels, before) -> without(labels, removed));
      distinct = new HashSet<>(merged.values()).size();
    }
    weights.keySet().removeIf(labels -> merged.get(labels).equals(labels)); // stay as they are
    List<LabelSet> kept = largest(weights, limit - distinct);
    kept.forEach(labels -> merged.put(labels, labels));
    long lost = merged.entrySet().stream().filter(e -> !e.getKey().equals(e.getValue())).count();
    return rewritten(
        profile,
        merged,
        "%d label sets are more than the limit of %d: %d of them are merged without the label%s %s; ask with labels=1 for all"
            .formatted(
                merged.size(),
                limit,
                lost,
                removed.size() == 1 ? "" : "s",
                String.join(", ", removed)));
  }

  private static Map<LabelSet, Long> weights(Profile profile) {
    var weights = new HashMap<LabelSet, Long>();
    profile.forEach(
        (stack, labels, values) -> weights.merge(labels, Math.abs(values[0]), Long::sum));
    return weights;
  }

  /** The label with most values; of several the first by name. */
  private static String richest(Iterable<LabelSet> sets) {
    var values = new TreeMap<String, Set<String>>();
    for (LabelSet set : sets) {
      set.pairs()
          .forEach((key, value) -> values.computeIfAbsent(key, k -> new HashSet<>()).add(value));
    }
    String richest = null;
    for (Map.Entry<String, Set<String>> entry : values.entrySet()) {
      if (richest == null || entry.getValue().size() > values.get(richest).size()) {
        richest = entry.getKey();
      }
    }
    return richest;
  }

  private static LabelSet without(LabelSet labels, Set<String> keys) {
    var rest = new TreeMap<>(labels.pairs());
    rest.keySet().removeAll(keys);
    return new LabelSet(rest);
  }

  /** The sets with the largest values. Equal ones are sorted by text, as two scrapes must agree. */
  private static List<LabelSet> largest(Map<LabelSet, Long> weights, int count) {
    if (count == 0) {
      return List.of();
    }
    record Ranked(LabelSet labels, long weight, String text) {}
    var ranked = new ArrayList<Ranked>();
    weights.forEach((labels, weight) -> ranked.add(new Ranked(labels, weight, labels.compact())));
    ranked.sort(Comparator.comparingLong(Ranked::weight).reversed().thenComparing(Ranked::text));
    return ranked.subList(0, Math.min(count, ranked.size())).stream().map(Ranked::labels).toList();
  }

  private static Profile rewritten(
      Profile profile, Map<LabelSet, LabelSet> merged, String comment) {
    Profile.Builder copy = profile.copyOfHead();
    if (comment != null) {
      copy.comment(comment);
    }
    profile.forEach(
        (stack, labels, values) ->
            copy.add(stack, merged.getOrDefault(labels, LabelSet.EMPTY), values));
    return copy.build();
  }
}
