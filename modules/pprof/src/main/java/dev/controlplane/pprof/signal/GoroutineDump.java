package dev.controlplane.pprof.signal;

import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.Source;
import dev.controlplane.pprof.StackStyle;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import java.util.UUID;

/**
 * A dump of all goroutines: a line with the server's name and the time, their number, a blank line,
 * and their stacks as in {@code debug=2}.
 *
 * @param time with the machine's time zone offset, which file names use too
 */
record GoroutineDump(String server, OffsetDateTime time, GoroutineProfiler profiler) {
  private static final DateTimeFormatter SECOND = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

  /**
   * Writes the dump to a new file {@code goroutine-dump-<server>-<yyyyMMdd-HHmmss>.txt}, readable
   * by its owner only. If the name is taken, {@code -2}, {@code -3} and so on is added before
   * {@code .txt}. The file appears when it is complete; after a failure nothing is left of it.
   */
  Path toFileIn(Path directory) throws IOException {
    String name = "goroutine-dump-" + server + "-" + SECOND.format(time);
    // Short names, whatever the server's is.
    Path stacks = directory.resolve(".pprof-" + UUID.randomUUID() + ".stacks");
    Path whole = directory.resolve(".pprof-" + UUID.randomUUID() + ".tmp");
    try {
      // The number of goroutines comes before the stacks but is known only after them.
      long total;
      try (OutputStream out = createPrivate(stacks)) {
        total = writeStacks(out);
      }
      try (OutputStream out = createPrivate(whole)) {
        out.write(header(total));
        Files.copy(stacks, out);
      }
      return publish(whole, directory, name);
    } finally {
      Files.deleteIfExists(stacks);
      Files.deleteIfExists(whole);
    }
  }

  /** Writes the dump to a stream, through memory. Does not close the stream. */
  void to(OutputStream out) throws IOException {
    ByteArrayOutputStream stacks = new ByteArrayOutputStream();
    long total = writeStacks(stacks);
    out.write(header(total));
    stacks.writeTo(out);
    out.flush();
  }

  private long writeStacks(OutputStream out) throws IOException {
    return profiler.writeStacks(Source.AUTO, StackStyle.GO, out);
  }

  private byte[] header(long total) {
    String timestamp =
        DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(time.truncatedTo(ChronoUnit.SECONDS));
    return "=== Goroutine Dump for %s at %s ===\nTotal goroutines: %d\n\n"
        .formatted(server, timestamp, total)
        .getBytes(StandardCharsets.UTF_8);
  }

  private static OutputStream createPrivate(Path file) throws IOException {
    FileAttribute<?>[] attributes =
        file.getFileSystem().supportedFileAttributeViews().contains("posix")
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
            }
            : new FileAttribute<?>[0];
    Set<StandardOpenOption> options =
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    return new BufferedOutputStream(
        Channels.newOutputStream(Files.newByteChannel(file, options, attributes)), 1 << 16);
  }

  private static Path publish(Path whole, Path directory, String name) throws IOException {
    for (int n = 1; ; n++) {
      Path file = directory.resolve(name + (n == 1 ? "" : "-" + n) + ".txt");
      try {
        link(whole, file);
        return file;
      } catch (FileAlreadyExistsException e) {
        // Try the next number.
      }
    }
  }

  /**
   * Gives the file its name. Unlike a rename, a link never replaces a file that another process has
   * just created.
   */
  private static void link(Path whole, Path file) throws IOException {
    try {
      Files.createLink(file, whole);
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (UnsupportedOperationException | IOException e) {
      Files.move(whole, file);
    }
  }
}
