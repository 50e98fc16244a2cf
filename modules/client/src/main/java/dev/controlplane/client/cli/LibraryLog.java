package dev.controlplane.client.cli;

/**
 * The configuration of {@code java.util.logging} in cpctl: no handler, so that libraries write
 * nothing to standard error. gRPC would write a stack trace for an unknown host, of which cpctl
 * tells in a line of its own.
 *
 * <p>The JDK makes one when a library first logs; commands that use none pay nothing.
 */
public final class LibraryLog {
  private static final String CLASS = "java.util.logging.config.class";
  private static final String FILE = "java.util.logging.config.file";

  /** For the JDK. */
  public LibraryLog() {}

  /** Has the JDK use this, unless JAVA_OPTIONS name a configuration. */
  public static void turnOff() {
    if (System.getProperty(CLASS) == null && System.getProperty(FILE) == null) {
      System.setProperty(CLASS, LibraryLog.class.getName());
    }
  }
}
