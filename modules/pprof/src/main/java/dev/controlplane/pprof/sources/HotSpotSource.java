package dev.controlplane.pprof.sources;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import dev.controlplane.pprof.threads.Roster;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;

/**
 * Lets the JVM dump its threads into a temporary file and reads it. The file is private, in a
 * directory that nobody else can enter, and is deleted afterwards.
 *
 * <p>Implementation note: the JVM creates the file itself. It accepts neither an existing file nor
 * a stream, and the mode follows the umask of the whole process. A default access control list on
 * the directory replaces the umask, so that the file is 0600 from its first byte. If the file
 * system has no such lists, the file becomes 0600 after it was written; until then the directory
 * protects it.
 */
public final class HotSpotSource {
  private HotSpotSource() {}

  /**
   * Whether this JVM's dump is not known to crash it (see Source#AUTO).
   *
   * <p>Implementation note: the fix of JDK-8364343 brought the method that is looked for here.
   * Crashes of JDK 26 and 27 became known later (JDK-8378071, JDK-8392031), so those don't count as
   * safe.
   */
  public static boolean safe() {
    return safe(Runtime.version().feature(), hasTransitions());
  }

  static boolean safe(int feature, boolean transitions) {
    return feature >= 28 && transitions;
  }

  private static boolean hasTransitions() {
    try {
      return Arrays.stream(Class.forName("java.lang.VirtualThread").getDeclaredMethods())
          .anyMatch(method -> method.getName().equals("startTransition"));
    } catch (ClassNotFoundException e) {
      return false; // this JVM implements virtual threads in another way
    }
  }

  public static void read(ThreadDump.Visitor visitor) throws IOException {
    var hotSpot = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    if (hotSpot == null) {
      throw new IOException("this JVM has no thread dump in JSON: ask for the live source");
    }
    Path directory = Files.createTempDirectory("goroutines-").toAbsolutePath();
    Path file = directory.resolve("threads.json");
    try {
      Libc.keepFilesPrivate(directory);
      hotSpot.dumpThreads(file.toString(), ThreadDumpFormat.JSON);
      if (Files.getFileAttributeView(file, PosixFileAttributeView.class) != null) {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      }
      try (InputStream in = Files.newInputStream(file)) {
        ThreadDump.Outcome outcome = ThreadDump.read(in, Roster.FRAMES, visitor);
        if (outcome.damage() != null) {
          throw new IOException("the JVM's thread dump can't be read: " + outcome.damage());
        }
      }
    } catch (UnsupportedOperationException e) {
      throw new IOException("this JVM has no thread dump in JSON: ask for the live source", e);
    } finally {
      // Also if the disk became full while the file was written.
      Files.deleteIfExists(file);
      Files.deleteIfExists(directory);
    }
  }
}
