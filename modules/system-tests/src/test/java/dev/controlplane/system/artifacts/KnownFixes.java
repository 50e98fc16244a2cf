package dev.controlplane.system.artifacts;

import java.io.IOException;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The list in {@code bin/known-fixes}: which versions of dependencies have fixes that must be
 * there.
 */
final class KnownFixes {
  /** {@code name-1.2.3.jar}: the version begins at the first hyphen before a digit. */
  private static final Pattern JAR = Pattern.compile("(.+?)-(\\d[^/]*)\\.jar");

  /**
   * One line of the list.
   *
   * @param until the last day on which an older version may stay; null if none may
   */
  private record Fix(String artifact, String version, String what, LocalDate until) {
    boolean concerns(String name) {
      return artifact.endsWith("*")
          ? name.startsWith(artifact.substring(0, artifact.length() - 1))
          : name.equals(artifact);
    }
  }

  private final List<Fix> fixes;

  private KnownFixes(List<Fix> fixes) {
    this.fixes = fixes;
  }

  static KnownFixes read(Path file) throws IOException {
    return parse(Files.readAllLines(file));
  }

  static KnownFixes parse(List<String> lines) {
    List<Fix> fixes = new ArrayList<>();
    for (String line : lines) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      List<String> columns = Stream.of(line.split("\\|", -1)).map(String::strip).toList();
      if (columns.size() != 5 || columns.subList(0, 3).contains("")) {
        throw new IllegalArgumentException("expected five columns apart by \"|\": " + line);
      }
      if (columns.get(3).isEmpty() != columns.get(4).isEmpty()) {
        throw new IllegalArgumentException("a date and a reason belong together: " + line);
      }
      LocalDate until = columns.get(3).isEmpty() ? null : LocalDate.parse(columns.get(3));
      fixes.add(new Fix(columns.get(0), columns.get(1), columns.get(2), until));
    }
    return new KnownFixes(fixes);
  }

  /** What is wrong with jars on a day: a sentence for each that lacks a fix. */
  List<String> outstanding(Collection<String> jars, LocalDate today) {
    List<String> sentences = new ArrayList<>();
    for (String jar : jars) {
      Matcher name = JAR.matcher(jar);
      if (!name.matches()) {
        continue;
      }
      Version version = Version.parse(name.group(2));
      for (Fix fix : fixes) {
        if (fix.concerns(name.group(1))
            && version.compareTo(Version.parse(fix.version())) < 0
            && (fix.until() == null || today.isAfter(fix.until()))) {
          sentences.add(
              "%s lacks %s: take %s or later, or give a reason and a date in bin/known-fixes"
                  .formatted(jar, fix.what(), fix.version()));
        }
      }
    }
    return sentences;
  }
}
