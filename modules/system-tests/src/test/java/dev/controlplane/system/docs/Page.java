package dev.controlplane.system.docs;

import dev.controlplane.system.harness.Tools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A page of the documentation: README or one of {@code docs/}.
 *
 * @param name path in the repository
 */
record Page(String name, List<String> lines) {
  private static final Pattern FENCE = Pattern.compile("```(\\w+)( follow)?");

  static Page read(String name) {
    try {
      return new Page(name, Files.readAllLines(Tools.repository().resolve(name)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** README and every page of {@code docs/}. */
  static List<Page> all() {
    List<Page> pages = new ArrayList<>(List.of(read("README.md"), read("CONTRIBUTING.md")));
    try (var files = Files.list(Tools.repository().resolve("docs"))) {
      files
          .map(Path::getFileName)
          .map(Path::toString)
          .filter(name -> name.endsWith(".md"))
          .sorted()
          .forEach(name -> pages.add(read("docs/" + name)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return pages;
  }

  String text() {
    return String.join("\n", lines);
  }

  /** A fenced block. */
  record Block(int line, String language, boolean follow, String content) {
    boolean isCommand() {
      return language.equals("sh");
    }

    boolean isOutput() {
      return language.equals("text") || language.equals("json");
    }
  }

  /** The fenced blocks with a language, from top to bottom. */
  List<Block> blocks() {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      Matcher fence = FENCE.matcher(lines.get(i));
      if (fence.matches()) {
        int end = i + lines.subList(i, lines.size()).indexOf("```");
        blocks.add(
            new Block(
                i + 2,
                fence.group(1),
                fence.group(2) != null,
                String.join("\n", lines.subList(i + 1, end)) + "\n"));
        i = end;
      } else if (lines.get(i).startsWith("```")) {
        i += lines.subList(i + 1, lines.size()).indexOf("```") + 1;
      }
    }
    return blocks;
  }

  /** The rows of all tables that have this header. */
  List<List<String>> rows(String header) {
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).equals(header)) {
        lines.subList(i + 2, lines.size()).stream()
            .takeWhile(line -> line.startsWith("|"))
            .map(Page::cells)
            .forEach(rows::add);
      }
    }
    if (rows.isEmpty()) {
      throw new AssertionError(name + " has no table " + header);
    }
    return rows;
  }

  private static List<String> cells(String row) {
    return List.of(row.substring(1).split("(?<!\\\\)\\|")).stream().map(String::strip).toList();
  }
}
