package dev.controlplane.pprof.model;

import java.util.regex.Pattern;

/**
 * Derives a readable program name from a JVM's command.
 *
 * @since 0.1.0
 */
public final class ProgramName {
  private static final String JAR = ".jar";
  private static final Pattern CLASS = Pattern.compile("[\\p{L}\\p{N}_$.]*");

  private ProgramName() {}

  /** The name of this JVM's jar without {@code .jar}, or of its main class; empty if unknown. */
  public static String ofThisJvm() {
    return of(System.getProperty("sun.java.command", ""));
  }

  /**
   * As {@link #ofThisJvm}.
   *
   * @param command the jar's path or the main class, followed by the arguments
   */
  static String of(String command) {
    String first = command.split(" ", 2)[0];
    int jar = (command + ' ').indexOf(JAR + ' ');
    if (jar < 0 || (CLASS.matcher(first).matches() && !first.endsWith(JAR))) {
      return first.substring(first.lastIndexOf('.') + 1);
    }
    return command.substring(lastSlash(command, jar) + 1, jar);
  }

  private static int lastSlash(String command, int before) {
    return Math.max(command.lastIndexOf('/', before), command.lastIndexOf('\\', before));
  }
}
