package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.ProfileKind.Parameters;
import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Profile.ValueType;
import dev.controlplane.pprof.model.Stack;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The growth of a cumulative profile since the last look. */
final class DeltaSinceLastTest {
  private static final Instant START = Instant.parse("2026-11-29T12:00:00Z");

  private final FrameTable table = new FrameTable();
  private final Map<String, long[]> sums = new HashMap<>();
  private Instant time = START;
  private final DeltaSinceLast delta = new DeltaSinceLast("delta_heap", new Whole());

  private final class Whole implements ProfileKind.Cumulative {
    @Override
    public String name() {
      return "heap";
    }

    @Override
    public String description() {
      return "";
    }

    @Override
    public long count() {
      return 0;
    }

    @Override
    public Profile collect(Parameters parameters) {
      Profile.Builder profile =
          Profile.builder(
                  new ValueType("alloc_space", "bytes"), new ValueType("inuse_space", "bytes"))
              .period(new ValueType("space", "bytes"), 7)
              .time(time)
              .comment("remark")
              .defaultSampleType("alloc_space");
      sums.forEach((name, values) -> profile.add(stack(name), LabelSet.EMPTY, values));
      return profile.build();
    }

    @Override
    public void writeText(long debug, Parameters parameters, OutputStream out) {}
  }

  private Stack stack(String name) {
    return new Stack(new Frame[] {table.named("com.example.A", name, "A.java", 1)});
  }

  private Map<String, long[]> look() throws Exception {
    var seen = new HashMap<String, long[]>();
    delta
        .collect(Parameters.NONE)
        .forEach((stack, labels, values) -> seen.put(stack.frames[0].function.name, values));
    return seen;
  }

  @Test
  void theFirstHasAllAndEachOtherTheGrowth() throws Exception {
    sums.put("a", new long[] {100, 10});
    assertArrayEquals(new long[] {100, 10}, look().get("com.example.A.a"));

    sums.put("a", new long[] {130, 10});
    sums.put("b", new long[] {5, 5});
    Map<String, long[]> second = look();

    assertArrayEquals(new long[] {30, 10}, second.get("com.example.A.a"));
    assertArrayEquals(new long[] {5, 5}, second.get("com.example.A.b"));
    assertArrayEquals(new long[] {0, 10}, look().get("com.example.A.a"));
  }

  @Test
  void whatIsNeitherGrownNorInUseIsLeftOut() throws Exception {
    sums.put("a", new long[] {100, 10});
    look();
    sums.put("a", new long[] {100, 0});

    assertEquals(Map.of(), look());
  }

  @Test
  void theRestOfTheProfileIsKept() throws Exception {
    delta.collect(Parameters.NONE);
    time = START.plusSeconds(15);

    Profile growth = delta.collect(Parameters.NONE);

    assertEquals(time, growth.time());
    assertEquals(Duration.ofSeconds(15), growth.duration());
    assertEquals(7, growth.period());
    assertEquals("alloc_space", growth.defaultSampleType());
    assertTrue(growth.comments().contains("remark"));
    assertFalse(delta.hasDelta());
  }
}
