package dev.controlplane.system.harness;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A goroutine of a dump in the form of {@code debug=2}. */
public record GoroutineText(String state, String labels, String text) {
  private static final Pattern HEADER =
      Pattern.compile("goroutine \\d+ \\[([^,\\]]+?)(?:, \\d+ minutes)?(?: labels:(\\{.*\\}))?]:");

  /** All goroutines of a dump; fails on a header that isn't one. */
  static List<GoroutineText> parse(String dump) {
    return Arrays.stream(dump.strip().split("\n\n", -1)).map(GoroutineText::parseOne).toList();
  }

  private static GoroutineText parseOne(String text) {
    Matcher header = HEADER.matcher(text.lines().findFirst().orElse(""));
    if (!header.matches()) {
      throw new AssertionError("not a goroutine: " + text);
    }
    return new GoroutineText(header.group(1), header.group(2) == null ? "" : header.group(2), text);
  }

  /** All goroutines of a server. */
  public static List<GoroutineText> of(String serverUrl) {
    return parse(Cluster.get(serverUrl + "/debug/pprof/goroutine?debug=2").body());
  }

  public boolean isLabelled(String key) {
    return labels.contains('"' + key + "\": ");
  }

  public boolean isCreatedBy(String method) {
    return text.lines().anyMatch(line -> line.startsWith("created by") && line.contains(method));
  }

  public boolean calls(String frame) {
    return text.lines().anyMatch(line -> !line.startsWith("created by") && line.contains(frame));
  }
}
