package dev.controlplane.pprof.jfr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import org.junit.jupiter.api.Test;

/** The memory of sums. */
final class StackSumsTest {
  private final FrameTable table = new FrameTable();
  private final StackSums totals = new StackSums(table, 2_000);

  private void add(int stack, long value) {
    totals.add(StackReader.stackOf(table, "stack" + stack), LabelSet.EMPTY, value);
  }

  private Profile profile() {
    Profile.Builder profile = Profile.builder(new Profile.ValueType("samples", "count"));
    totals.addTo(profile);
    return profile.build();
  }

  @Test
  void newStacksAreCountedAsOneOnceTheMemoryIsFull() {
    for (int i = 0; i < 100_000; i++) {
      add(i, 1);
    }

    Samples samples = Samples.of(profile());

    assertTrue(totals.size() < 20, () -> totals.size() + " stacks");
    assertEquals(1, samples.of("jvm.stack0", 0));
    assertEquals(100_000 - totals.size() + 1, samples.of("jvm.otherStacks", 0));
    assertEquals(100_000, profile().total(0));
    assertTrue(
        profile().comments().stream().anyMatch(remark -> remark.contains("jvm.otherStacks")));
  }

  @Test
  void aStackThatIsKnownIsStillCountedThen() {
    for (int i = 0; i < 1000; i++) {
      add(i, 1);
    }

    add(0, 5);

    assertEquals(6, Samples.of(profile()).of("jvm.stack0", 0));
  }
}
