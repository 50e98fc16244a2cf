package dev.controlplane.client.cli.agent;

import dev.controlplane.client.cli.terminal.Text;

/** Builds a line: a word, then {@code key=value} pairs. A value that could be misread is quoted. */
final class Fields {
  private final StringBuilder line;

  Fields(String word) {
    line = new StringBuilder(word);
  }

  /** Adds a field; an empty one is left out. */
  Fields with(String key, String value) {
    if (!value.isEmpty()) {
      line.append(' ').append(key).append('=').append(quoted(Text.line(value)));
    }
    return this;
  }

  private static String quoted(String value) {
    boolean plain =
        value.codePoints().noneMatch(c -> c == ' ' || c == '"' || c == '=' || c == '\\');
    return plain ? value : '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  @Override
  public String toString() {
    return line.toString();
  }
}
