package dev.controlplane.system.pprof;

import dev.controlplane.system.harness.Tools;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;

/** What {@code go tool pprof -top} shows of a profile. */
record PprofTool(String report) {
  private static final Duration LIMIT = Duration.ofMinutes(3);

  /** A function, or a line of one. */
  record Row(double flatPercent, double cumPercent, String name) {}

  /**
   * Fetches a profile.
   *
   * @param directory for the tool's copy
   */
  static PprofTool top(Path directory, String url, String... options) {
    List<String> command = new ArrayList<>(List.of("go", "tool", "pprof", "-top"));
    command.addAll(List.of("-nodecount=1000", "-nodefraction=0"));
    command.addAll(List.of(options));
    command.add(url);
    ProcessBuilder pprof = new ProcessBuilder(command);
    pprof.environment().put("PPROF_TMPDIR", directory.toString());
    return new PprofTool(Tools.run(LIMIT, pprof).mustSucceed().output());
  }

  /** The rows in the tool's order. */
  List<Row> rows() {
    return report
        .lines()
        .dropWhile(line -> !line.contains("flat%"))
        .skip(1)
        .map(line -> line.strip().split("\\s+", 6))
        .map(words -> new Row(percent(words[1]), percent(words[4]), words[5]))
        .toList();
  }

  private static double percent(String word) {
    return Double.parseDouble(word.replace("%", ""));
  }

  /** The row of a function. */
  Row row(String name) {
    return rows().stream()
        .filter(row -> row.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new NoSuchElementException(name + " in " + report));
  }
}
