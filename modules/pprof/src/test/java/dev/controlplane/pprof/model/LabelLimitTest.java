package dev.controlplane.pprof.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.threads.Roster;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class LabelLimitTest {
  private static final Stack STACK =
      new Stack(new Frame[] {Roster.FRAMES.named("com.example.Worker", "run", "Worker.java", 1)});

  private final Profile.Builder builder =
      Profile.builder(new Profile.ValueType("goroutine", "count"));

  private static LabelSet labels(String... pairs) {
    var map = new TreeMap<String, String>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put(pairs[i], pairs[i + 1]);
    }
    return new LabelSet(map);
  }

  private static Set<LabelSet> sets(Profile profile) {
    var sets = new HashSet<LabelSet>();
    profile.forEach((stack, labels, values) -> sets.add(labels));
    return sets;
  }

  @Test
  void aProfileThatFitsStaysAsItIs() {
    Profile profile =
        builder.add(STACK, labels("a", "1"), 1).add(STACK, labels("a", "2"), 1).build();

    assertSame(profile, LabelLimit.apply(profile, 2));
    assertTrue(profile.comments().isEmpty());
  }

  @Test
  void theLabelWithMostValuesIsMergedAndTheLargestSetsStay() {
    for (int i = 0; i < 1000; i++) {
      builder.add(STACK, labels("consumer", "c" + i, "route", i % 2 == 0 ? "even" : "odd"), 1);
    }
    LabelSet large = labels("consumer", "large", "route", "even");
    Profile profile = builder.add(STACK, large, 50).build();

    Profile limited = LabelLimit.apply(profile, 10);

    assertEquals(1050, limited.total(0));
    assertEquals(10, sets(limited).size());
    assertTrue(sets(limited).contains(large));
    assertTrue(sets(limited).contains(labels("route", "even")));
    assertTrue(sets(limited).contains(labels("route", "odd")));
    assertEquals(
        "1001 label sets are more than the limit of 10: 993 of them are merged without the label"
            + " consumer; ask with labels=1 for all",
        limited.comments().getFirst());
  }

  @Test
  void furtherLabelsAreMergedUntilAllFit() {
    for (int i = 0; i < 30; i++) {
      builder.add(STACK, labels("a", "a" + i, "b", "b" + i % 20), 1);
    }

    Profile limited = LabelLimit.apply(builder.build(), 5);

    assertEquals(5, sets(limited).size());
    assertEquals(30, limited.total(0));
    assertTrue(limited.comments().getFirst().contains("merged without the labels a, b;"));
  }

  @Test
  void oneSetIsEnoughForAnyProfile() {
    builder.add(STACK, labels("a", "1"), 1).add(STACK, labels("b", "1"), 2);

    Profile limited = LabelLimit.apply(builder.build(), 1);

    assertEquals(Set.of(LabelSet.EMPTY), sets(limited));
    assertEquals(3, limited.total(0));
  }

  @Test
  void noSetIsAProfileWithoutLabels() {
    Profile limited =
        LabelLimit.apply(builder.add(STACK, new LabelSet(Map.of("a", "1")), 7).build(), 0);

    assertEquals(Set.of(LabelSet.EMPTY), sets(limited));
    assertEquals(7, limited.total(0));
    assertTrue(limited.comments().isEmpty());
  }

  @Test
  void aNegativeLimitIsRefused() {
    Profile profile = builder.build();

    assertThrows(IllegalArgumentException.class, () -> LabelLimit.apply(profile, -1));
  }
}
