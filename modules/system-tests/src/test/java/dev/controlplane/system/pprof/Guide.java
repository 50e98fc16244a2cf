package dev.controlplane.system.pprof;

import dev.controlplane.system.harness.Tools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A guide in {@code docs/}: its commands, and the one to profiles' table of expected goroutines.
 */
final class Guide {
  private final List<String> lines;

  private Guide(List<String> lines) {
    this.lines = lines;
  }

  /** The guide to profiles. */
  static Guide read() {
    return read("pprof-guide.md");
  }

  static Guide read(String name) {
    Path file = Tools.repository().resolve("docs").resolve(name);
    try {
      return new Guide(Files.readAllLines(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Commands that are typed together, and the heading that they stand under. */
  record Block(String heading, int line, String commands) {}

  /** What an idle server has: a row of the table. */
  record Expected(String frame, String state, String where) {
    boolean isOn(String server) {
      return where.startsWith("all") || where.contains(server);
    }

    boolean isOfSubscription() {
      return where.contains("subscription");
    }
  }

  /** The fenced blocks of shell commands, from top to bottom. */
  List<Block> blocks() {
    List<Block> blocks = new ArrayList<>();
    String heading = "";
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).startsWith("#") && !lines.get(i).startsWith("#!")) {
        heading = lines.get(i).replaceFirst("^#+ ", "");
      } else if (lines.get(i).equals("```sh")) {
        int end = i + lines.subList(i, lines.size()).indexOf("```");
        blocks.add(new Block(heading, i + 2, String.join("\n", lines.subList(i + 1, end)) + "\n"));
        i = end;
      }
    }
    return blocks;
  }

  /** The rows under "Expected goroutines". */
  List<Expected> expectedGoroutines() {
    int start = lines.indexOf("## Expected goroutines");
    return lines.subList(start, lines.size()).stream()
        .dropWhile(line -> !line.startsWith("|--"))
        .skip(1)
        .takeWhile(line -> line.startsWith("|"))
        .map(line -> Arrays.stream(line.split("\\|", -1)).map(Guide::plain).toList())
        .map(cells -> new Expected(cells.get(1), cells.get(2), cells.get(3)))
        .toList();
  }

  private static String plain(String cell) {
    return cell.replace("`", "").strip();
  }
}
