package dev.controlplane.pprof.sources;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import dev.controlplane.pprof.model.Roster;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Has the JVM dump its threads into a temporary file and reads that. The file is gone afterwards,
 * and private: in a directory of its own that no one else may enter.
 *
 * <p>The JVM creates the file itself, takes neither one that exists nor a stream, and leaves the
 * mode to the umask, which is the whole process'. The directory's default access control list
 * stands in for the umask, so that the file is 0600 from its first byte. Where the file system
 * knows no such lists, it is 0600 when the JVM has written it, and out of reach before.
 */
public final class HotSpotSource {
  private HotSpotSource() {}

  /** Whether the dump of this JVM is known not to crash it (JDK-8364343; Source#AUTO). */
  public static boolean safe() {
    return Runtime.version().feature() >= 27;
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
      // Also what was written of it before the disk was full.
      Files.deleteIfExists(file);
      Files.deleteIfExists(directory);
    }
  }
}
