package dev.controlplane.pprof.contention;

import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Stack;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Writes contentions like {@code debug=1} (Go: runtime/pprof/pprof.go, writeProfileInternal). A
 * cycle is a nanosecond.
 */
final class ContentionText {
  private record Entry(Stack stack, LabelSet labels, long count, long nanos, String addresses) {}

  private ContentionText() {}

  static void write(String heading, Profile profile, OutputStream out) throws IOException {
    var text = new StringBuilder();
    text.append("--- ").append(heading).append(":\ncycles/second=1000000000\n");
    if (heading.equals("mutex")) {
      text.append("sampling period=1\n");
    }
    for (String comment : profile.comments()) {
      text.append("# ").append(comment).append('\n');
    }
    for (Entry entry : entries(profile)) {
      text.append(entry.nanos).append(' ').append(entry.count).append(" @");
      text.append(entry.addresses).append('\n');
      if (!entry.labels.isEmpty()) {
        text.append("# labels: ").append(entry.labels.compact()).append('\n');
      }
      for (Frame frame : entry.stack.frames) {
        text.append("#\t0x").append(Long.toHexString(frame.address)).append('\t');
        text.append(frame.function.name).append("+0x");
        text.append(Long.toHexString(frame.address - frame.function.entry)).append('\t');
        text.append(frame.function.file).append(':').append(frame.line).append('\n');
      }
      text.append('\n');
    }
    out.write(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** The longest delay first. */
  private static List<Entry> entries(Profile profile) {
    var entries = new ArrayList<Entry>();
    profile.forEach(
        (stack, labels, values) -> {
          var addresses = new StringBuilder();
          for (Frame frame : stack.frames) {
            addresses.append(" 0x").append(Long.toHexString(frame.address + 1));
          }
          entries.add(new Entry(stack, labels, values[0], values[1], addresses.toString()));
        });
    entries.sort(
        Comparator.comparingLong(Entry::nanos)
            .reversed()
            .thenComparing(Entry::addresses)
            .thenComparing(entry -> entry.labels().compact()));
    return entries;
  }
}
