package dev.controlplane.client.cli;

/**
 * The configuration of {@code java.util.logging} in cpctl: no handler, so that libraries write
 * nothing to standard error. For an unknown host, for example, gRPC would write a stack trace
 * beside cpctl's own message.
 *
 * <p>The JDK creates it when a library first logs, so it costs other commands nothing.
 */
public final class LibraryLog {
  private static final String CLASS = "java.util.logging.config.class";
  private static final String FILE = "java.util.logging.config.file";

  /** Called by the JDK. */
  public LibraryLog() {}

  /** Tells the JDK to use this class, unless JAVA_OPTIONS names a configuration. */
  public static void turnOff() {
    if (System.getProperty(CLASS) == null && System.getProperty(FILE) == null) {
      System.setProperty(CLASS, LibraryLog.class.getName());
    }
  }
}
