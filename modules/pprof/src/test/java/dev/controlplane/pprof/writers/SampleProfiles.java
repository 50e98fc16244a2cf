package dev.controlplane.pprof.writers;

import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Stack;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/** Profiles whose every number, text and length takes part in the encoding. */
final class SampleProfiles {
  static final FrameTable FRAMES = new FrameTable();

  private SampleProfiles() {}

  static Stack stack(String className, int... lines) {
    var frames = new Frame[lines.length];
    for (int i = 0; i < lines.length; i++) {
      String name = className.substring(className.lastIndexOf('.') + 1);
      frames[i] = FRAMES.frame(className, "m" + lines[i] % 300, name + ".java", lines[i]);
    }
    return new Stack(frames);
  }

  static LabelSet labels(String key, String value) {
    return new LabelSet(Map.of(key, value));
  }

  static Profile.ValueType type(String name, String unit) {
    return new Profile.ValueType(name, unit);
  }

  static Profile.Builder heap() {
    return Profile.builder(
            type("alloc_objects", "count"),
            type("alloc_space", "bytes"),
            type("inuse_objects", "count"),
            type("inuse_space", "bytes"))
        .period(type("space", "bytes"), 524_288);
  }

  static Profile.Builder contention() {
    return Profile.builder(type("contentions", "count"), type("delay", "nanoseconds"));
  }

  /** Long stacks, long texts, many locations, labels of both sorts, negative and large values. */
  static Profile rich() {
    Profile.Builder rich =
        heap()
            .defaultSampleType("alloc_space")
            .time(Instant.ofEpochSecond(1_795_441_871, 57_934_969))
            .duration(Duration.ofMillis(10_001))
            .program("worker-server")
            .comment("alloc_objects is an estimate")
            .comment("l\u00e4nger " + "x".repeat(20_000));
    for (int depth = 1; depth <= 512; depth += 73) {
      var lines = new int[depth];
      for (int i = 0; i < depth; i++) {
        lines[i] = (i * 131 + depth) % 2_000;
      }
      Stack stack = stack("com.example.Worker" + depth, lines);
      rich.add(stack, LabelSet.EMPTY, depth, 1L << depth % 63, 0, 127);
      rich.add(
          stack,
          labels("route", "/a " + "y".repeat(depth)).withNumber("bytes", depth * 16L, "bytes"),
          -depth,
          128,
          Long.MAX_VALUE,
          Long.MIN_VALUE);
    }
    return rich.add(new Stack(new Frame[0]), labels("a", "1").withNumber("n", -1, ""), 1, 2, 3, 4)
        .build();
  }
}
