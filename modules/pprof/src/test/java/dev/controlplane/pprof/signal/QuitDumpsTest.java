package dev.controlplane.pprof.signal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.GoroutineProfiler;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dumps on request, by a JVM of their own each. */
class QuitDumpsTest {
  private static final Pattern DUMP =
      Pattern.compile(
          "=== Goroutine Dump for lab at \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d"
              + "(?:Z|[+-]\\d\\d:\\d\\d) ===\n"
              + "Total goroutines: (\\d+)\n\n"
              + "(goroutine \\d+ \\[running]:\n.*)",
          Pattern.DOTALL);

  @TempDir private Path directory;

  @Test
  void sigquitWritesAPrivateFileThatCountsWhatFollows() throws Exception {
    try (Child child = Child.start(directory, "lab", ".")) {
      child.signal("QUIT");
      Path file = child.awaitDumps(1).getFirst();

      assertTrue(
          file.getFileName().toString().matches("goroutine-dump-lab-\\d{8}-\\d{6}\\.txt"),
          file.toString());
      assertIsWhole(Files.readString(file));
      assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
      child.mustServe();
    }
  }

  @Test
  void theDiagnosticCommandWritesTheSameFile() throws Exception {
    try (Child child = Child.start(directory, "lab", ".")) {
      String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
      assertEquals(0, run(jcmd, child.pid(), "JVMTI.data_dump"));

      assertIsWhole(Files.readString(child.awaitDumps(1).getFirst()));
      child.mustServe();
    }
  }

  @Test
  void severalRequestsWithinASecondGiveAFileEach() throws Exception {
    try (Child child = Child.start(directory, "lab", ".")) {
      // The kernel merges signals that are pending at once: each is sent when the process has taken
      // the last, whatever has become of its dump.
      for (int i = 1; i <= 4; i++) {
        child.signal("QUIT");
        await(() -> !child.hasPendingQuit());
      }
      List<Path> files = child.awaitDumps(4);
      for (Path file : files) {
        assertIsWhole(Files.readString(file));
      }
      child.mustServe();
    }
  }

  @Test
  void aNameThatIsTakenGetsANumber() throws IOException {
    OffsetDateTime time = OffsetDateTime.parse("2026-11-23T13:14:15.9+01:00");
    GoroutineDump dump = new GoroutineDump("lab", time, GoroutineProfiler.create());

    assertEquals("goroutine-dump-lab-20261123-131415.txt", name(dump.toFileIn(directory)));
    assertEquals("goroutine-dump-lab-20261123-131415-2.txt", name(dump.toFileIn(directory)));
    assertEquals("goroutine-dump-lab-20261123-131415-3.txt", name(dump.toFileIn(directory)));
    assertTrue(
        Files.readString(directory.resolve("goroutine-dump-lab-20261123-131415-2.txt"))
            .startsWith("=== Goroutine Dump for lab at 2026-11-23T13:14:15+01:00 ===\n"));
    assertEquals(3, list(directory).size(), "nothing unfinished is left");
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }

  @Test
  void aDirectoryThatCannotBeWrittenSendsTheDumpToStderrWithTheReason() throws Exception {
    Path inTheWay = Files.writeString(directory.resolve("a-file"), "");
    try (Child child = Child.start(directory, "lab", inTheWay.toString())) {
      child.signal("QUIT");
      await(() -> DUMP.matcher(child.stderr()).find());

      assertTrue(child.stderr().contains("goroutine dump can't be written to " + inTheWay));
      String dump = child.stderr();
      assertIsWhole(dump.substring(dump.indexOf("=== Goroutine Dump")));
      child.mustServe();
    }
  }

  @Test
  void aWorkingDirectoryThatIsGoneSendsTheDumpToStderr() throws Exception {
    Path gone = Files.createDirectory(directory.resolve("gone"));
    try (Child child = Child.start(gone, "lab", ".", directory.resolve("log"))) {
      Files.delete(gone);
      child.signal("QUIT");
      await(() -> DUMP.matcher(child.stderr()).find());

      child.mustServe();
    }
  }

  @Test
  void afterCloseNoMoreFilesAreWritten() throws Exception {
    try (Child child = Child.start(directory, "lab", ".")) {
      child.endInput();
      assertTrue(child.awaitEnd().contains("closed"));
      assertTrue(child.dumps().isEmpty());
    }
  }

  @Test
  void theProcessIsKnownByItsName() throws Exception {
    try (Child child = Child.start(directory, "a-name-of-more-than-15-bytes", ".")) {
      Path comm = Path.of("/proc/" + child.pid() + "/comm");
      assertEquals("a-name-of-more-", Files.readString(comm).strip());
    }
    try (Child child = Child.start(directory, "ääääääää", ".")) {
      Path comm = Path.of("/proc/" + child.pid() + "/comm");
      assertEquals("äääääää", Files.readString(comm).strip(), "no half letter");
    }
  }

  /** killall looks for a name of 15 bytes among the arguments; a jar has it with an extension. */
  @Test
  void theArgumentThatHasTheNameLosesItsExtension() throws Exception {
    try (Child child = Child.start(directory, "fifteen-letters", "./fifteen-letters.jar")) {
      String arguments = Files.readString(Path.of("/proc", child.pid(), "cmdline"));
      assertTrue(arguments.endsWith("\0./fifteen-letters" + "\0".repeat(5)), arguments);
    }
  }

  private static void assertIsWhole(String text) {
    var matcher = DUMP.matcher(text);
    assertTrue(matcher.matches(), text);
    long follow = matcher.group(2).lines().filter(l -> l.startsWith("goroutine ")).count();
    assertEquals(Long.parseLong(matcher.group(1)), follow);
    assertTrue(text.contains("DumpingProgram.main(...)"), "the whole JVM is in it");
  }

  private static int run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getInputStream().readAllBytes();
    return process.waitFor();
  }

  private static List<Path> list(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return new ArrayList<>(files.sorted().toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (!condition.getAsBoolean()) {
      assertFalse(System.nanoTime() > end, "after 2 min");
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  /** A JVM that runs {@link DumpingProgram}. */
  private static final class Child implements AutoCloseable {
    private final Process process;
    private final BufferedReader output;
    private final Path directory;
    private final Path errors;

    private Child(Process process, Path directory, Path errors) {
      this.process = process;
      this.output = process.inputReader(StandardCharsets.UTF_8);
      this.directory = directory;
      this.errors = errors;
    }

    static Child start(Path directory, String name, String target) throws IOException {
      return start(directory, name, target, directory.resolve("stderr"));
    }

    static Child start(Path directory, String name, String target, Path errors) throws IOException {
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "--add-exports=java.base/jdk.internal.vm=ALL-UNNAMED",
                  "--add-opens=java.base/java.lang=ALL-UNNAMED",
                  "-Dsun.jnu.encoding=UTF-8",
                  "-cp",
                  System.getProperty("java.class.path"),
                  DumpingProgram.class.getName(),
                  name,
                  target)
              .directory(directory.toFile())
              .redirectError(errors.toFile())
              .start();
      Child child = new Child(process, directory, errors);
      child.awaitLine("ready");
      return child;
    }

    private void awaitLine(String expected) throws IOException {
      String line = output.readLine();
      while (line != null && !line.equals(expected)) {
        line = output.readLine();
      }
      assertEquals(expected, line, stderr());
    }

    String pid() {
      return String.valueOf(process.pid());
    }

    void signal(String name) throws IOException, InterruptedException {
      assertEquals(0, run("kill", "-" + name, pid()));
    }

    List<Path> dumps() {
      return list(directory).stream()
          .filter(file -> file.getFileName().toString().startsWith("goroutine-dump-"))
          .toList();
    }

    List<Path> awaitDumps(int count) {
      await(() -> dumps().size() >= count);
      assertEquals(count, dumps().size());
      return dumps();
    }

    String stderr() {
      try {
        return Files.readString(errors);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** proc(5), {@code /proc/pid/status}: ShdPnd, a bit for each signal from 1 on; SIGQUIT is 3. */
    boolean hasPendingQuit() {
      try {
        return Files.readAllLines(Path.of("/proc", pid(), "status")).stream()
            .filter(line -> line.startsWith("ShdPnd:"))
            .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 4) != 0);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void mustServe() throws IOException {
      process.getOutputStream().write('x');
      process.getOutputStream().flush();
      awaitLine("served x");
    }

    void endInput() throws IOException {
      process.getOutputStream().close();
    }

    String awaitEnd() throws IOException, InterruptedException {
      String rest = String.join("\n", output.readAllLines());
      assertEquals(0, process.waitFor());
      return rest;
    }

    @Override
    public void close() {
      process.destroyForcibly().onExit().join();
    }
  }
}
