package dev.controlplane.system.docs;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Output as a page of the documentation shows it. {@code …} stands for text that varies within a
 * line, and on a line of its own for any number of lines. Blanks in a row count as one; in JSON,
 * which the servers write in one line and a page breaks over several, none counts. A field of JSON
 * may be written {@code worker_name} or {@code workerName}, as protobuf's JSON reads both.
 */
final class ExpectedOutput {
  private static final String VARIES = "…";
  private static final Pattern FIELD = Pattern.compile("\"\\w+\":");

  private final String shown;
  private final boolean json;
  private final Pattern pattern;

  ExpectedOutput(Page.Block block) {
    this.shown = block.content();
    this.json = block.language().equals("json");
    this.pattern = json ? jsonPattern() : textPattern();
  }

  private Pattern jsonPattern() {
    return Pattern.compile(quoted(normal(shown), ".*?"), Pattern.DOTALL);
  }

  private Pattern textPattern() {
    return Pattern.compile(
        normal(shown)
            .lines()
            .map(line -> line.equals(VARIES) ? "(?:.*\n)*?" : quoted(line, ".*?") + "\n")
            .collect(Collectors.joining()));
  }

  private static String quoted(String text, String varies) {
    return List.of(text.split(VARIES, -1)).stream()
        .map(Pattern::quote)
        .collect(Collectors.joining(varies));
  }

  private String normal(String output) {
    return json
        ? FIELD
            .matcher(output.replaceAll("\\s", ""))
            .replaceAll(field -> field.group().replace("_", "").toLowerCase(Locale.ROOT))
        : output.lines().map(ExpectedOutput::normalLine).collect(Collectors.joining());
  }

  private static String normalLine(String line) {
    return line.replaceAll("[ \t]+", " ").stripTrailing() + "\n";
  }

  /** Whether this is all of an output. */
  boolean isAllOf(String output) {
    return pattern.matcher(normal(output)).matches();
  }

  /** Whether an output has this somewhere. */
  boolean isIn(String output) {
    return pattern.matcher(normal(output)).find();
  }

  @Override
  public String toString() {
    return shown;
  }
}
