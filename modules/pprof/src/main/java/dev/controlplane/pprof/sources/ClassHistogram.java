package dev.controlplane.pprof.sources;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;

/** The objects on the heap by class, as {@code jcmd PID GC.class_histogram} has them. */
public final class ClassHistogram {
  /**
   * The objects of one class.
   *
   * @param type name of the class in Java's spelling, such as {@code byte[]}
   */
  public record Line(String type, long objects, long bytes) {}

  private static final Pattern LINE =
      Pattern.compile("\\s*\\d+:\\s+(\\d+)\\s+(\\d+)\\s+(\\S+)(?:\\s+\\(.*\\))?\\s*");

  private static final Map<Character, String> PRIMITIVES =
      Map.of(
          'Z', "boolean", 'B', "byte", 'C', "char", 'S', "short", 'I', "int", 'J', "long", 'F',
          "float", 'D', "double");

  private ClassHistogram() {}

  /**
   * Takes the histogram, most bytes first. The JVM walks its whole heap and stops the program
   * meanwhile.
   *
   * @param collect whether garbage is collected first; otherwise it is counted too
   * @throws IOException if this JVM has no histogram
   */
  public static List<Line> take(boolean collect) throws IOException {
    try {
      Object text =
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName("com.sun.management:type=DiagnosticCommand"),
                  "gcClassHistogram",
                  new Object[] {collect ? new String[0] : new String[] {"-all"}},
                  new String[] {String[].class.getName()});
      return parse(text.toString());
    } catch (JMException e) {
      // HotSpot then has none of its diagnostic commands here, because some are of that module.
      if (RecorderModule.isMissing()) {
        throw new IOException(
            "this JVM does not tell its objects by class, because " + RecorderModule.REMEDY, e);
      }
      throw new IOException(
          "this JVM does not tell its objects by class: "
              + (e.getCause() == null ? e : e.getCause()),
          e);
    }
  }

  static List<Line> parse(String text) {
    var lines = new ArrayList<Line>();
    text.lines()
        .forEach(
            line -> {
              Matcher matcher = LINE.matcher(line);
              if (matcher.matches()) {
                lines.add(
                    new Line(
                        spelled(matcher.group(3)),
                        Long.parseLong(matcher.group(1)),
                        Long.parseLong(matcher.group(2))));
              }
            });
    return lines;
  }

  /**
   * {@code byte[][]} for {@code [[B}, {@code java.lang.String[]} for {@code [Ljava.lang.String;}.
   */
  static String spelled(String name) {
    int depth = 0;
    while (depth < name.length() && name.charAt(depth) == '[') {
      depth++;
    }
    if (depth == 0 || depth == name.length()) {
      return name;
    }
    String element = name.substring(depth);
    String spelled =
        element.startsWith("L") && element.endsWith(";")
            ? element.substring(1, element.length() - 1)
            : PRIMITIVES.getOrDefault(element.charAt(0), element);
    return spelled + "[]".repeat(depth);
  }
}
