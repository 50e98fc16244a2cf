package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.tool.Main;
import dev.controlplane.proto.profile.Profile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line. */
final class MainTest {
  @TempDir private Path directory;
  private Path dump;
  private byte[] whole;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeEach
  void writeDump() throws IOException {
    try (InputStream in = MainTest.class.getResourceAsStream("jdk25.json")) {
      whole = in.readAllBytes();
    }
    dump = Files.write(directory.resolve("dump.json"), whole);
  }

  private int run(Object... args) {
    String[] texts = Arrays.stream(args).map(Object::toString).toArray(String[]::new);
    return new Main(new ByteArrayInputStream(whole), new PrintStream(out), new PrintStream(err))
        .run(texts);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static Profile profile(byte[] gzip) throws IOException {
    try (var in = new GZIPInputStream(new ByteArrayInputStream(gzip))) {
      return Profile.parseFrom(in);
    }
  }

  @Test
  void aDumpBecomesABinaryProfileOnStandardOutput() throws Exception {
    assertEquals(0, run("convert", dump));

    assertEquals(4, profile(out.toByteArray()).getSampleCount());
    assertEquals("", err());
  }

  /** As root it would be replaced by a file otherwise, and so would /dev/null. */
  @Test
  void whatIsNoFileIsWrittenToAndStays() throws Exception {
    Path pipe = directory.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    Path read = directory.resolve("read");
    Process reader =
        new ProcessBuilder("cat", pipe.toString()).redirectOutput(read.toFile()).start();
    try {
      assertEquals(0, run("convert", dump, "-o", pipe), err());

      assertTrue(Files.readAttributes(pipe, BasicFileAttributes.class).isOther());
      assertEquals(0, reader.waitFor());
      assertEquals(4, profile(Files.readAllBytes(read)).getSampleCount());
    } finally {
      reader.destroy();
    }
  }

  @Test
  void aLinkIsFollowed() throws Exception {
    Path file = Files.writeString(directory.resolve("profile"), "before");
    Path link = Files.createSymbolicLink(directory.resolve("link"), file);

    assertEquals(0, run("convert", dump, "-o", link), err());

    assertTrue(Files.isSymbolicLink(link));
    assertEquals(4, profile(Files.readAllBytes(file)).getSampleCount());
  }

  @Test
  void aLinkToAFileThatIsNotThereYetMakesThatFile() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("profile"));

    assertEquals(0, run("convert", dump, "-o", link), err());

    assertTrue(Files.isSymbolicLink(link));
    assertEquals(4, profile(Files.readAllBytes(directory.resolve("profile"))).getSampleCount());
  }

  @Test
  void aLinkThatLeadsToItselfIsNotReplaced() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("link"));

    assertEquals(1, run("convert", dump, "-o", link));

    assertTrue(err().contains("too many links"), this::err);
    assertTrue(Files.isSymbolicLink(link));
  }

  @Test
  void aFileThatIsReplacedKeepsItsMode() throws Exception {
    Path file = Files.writeString(directory.resolve("profile"), "before");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));

    assertEquals(0, run("convert", dump, "-o", file), err());

    assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    assertEquals(4, profile(Files.readAllBytes(file)).getSampleCount());
  }

  @Test
  void aPipeIsWrittenToThroughItsNameInDev() throws Exception {
    Process process =
        new ProcessBuilder(
                "sh",
                "-c",
                "\"$0\" -cp \"$1\" dev.controlplane.pprof.tool.Main convert \"$2\" -o /dev/stdout |"
                    + " cat",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                System.getProperty("java.class.path"),
                dump.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();

    assertEquals(4, profile(process.getInputStream().readAllBytes()).getSampleCount());
  }

  @Test
  void standardInputIsReadForADash() throws Exception {
    assertEquals(0, run("convert", "-"));

    assertEquals(4, profile(out.toByteArray()).getSampleCount());
  }

  @Test
  void standardOutputIsWrittenForADash() throws Exception {
    assertEquals(0, run("convert", dump, "-o", "-"), err());

    assertEquals(4, profile(out.toByteArray()).getSampleCount());
    assertEquals(List.of("dump.json"), files());
  }

  @Test
  void whatFollowsTwoDashesIsAFileWhateverItsName() {
    assertEquals(1, run("convert", "--", "--help"));

    assertTrue(err().contains("no such file: --help"), this::err);
  }

  @Test
  void anErrorIsOneLineWhateverTheFileIsCalled() {
    assertEquals(1, run("convert", directory.resolve("a\nb\u001b[31m")));

    assertEquals(1, err().lines().count(), this::err);
    assertFalse(err().contains("\u001b"), this::err);
  }

  @ParameterizedTest
  @CsvSource({
    "debug1,goroutine profile: total 4",
    "debug2,goroutine 3 [sync.Cond.Wait]:",
  })
  void aDumpBecomesText(String format, String firstLine) {
    assertEquals(0, run("convert", "--format", format, dump));

    assertTrue(out.toString(StandardCharsets.UTF_8).startsWith(firstLine + "\n"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16LE", "UTF-16BE", "UTF-8"})
  void aDumpIsReadInAnyEncodingOfUnicodeWithAByteOrderMarkOrWithout(String encoding)
      throws Exception {
    String text = new String(whole, StandardCharsets.UTF_8);
    for (String mark : List.of("", "\ufeff")) {
      out.reset();
      Files.write(dump, (mark + text).getBytes(Charset.forName(encoding)));

      assertEquals(0, run("convert", dump), err());
      assertEquals(4, profile(out.toByteArray()).getSampleCount());
    }
    assertEquals("", err());
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    var zipped = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(zipped)) {
      gzip.write(bytes);
    }
    return zipped.toByteArray();
  }

  @Test
  void aGzippedDumpIsReadWhateverItsEncoding() throws Exception {
    String text = new String(whole, StandardCharsets.UTF_8);
    for (String encoding : List.of("UTF-8", "UTF-16")) {
      out.reset();
      Files.write(dump, gzip(text.getBytes(Charset.forName(encoding))));

      assertEquals(0, run("convert", dump), err());
      assertEquals(4, profile(out.toByteArray()).getSampleCount());
    }
    assertEquals("", err());
  }

  @Test
  void aGzippedDumpThatIsCutOffGivesWhatCouldBeReadAndSaysSo() throws Exception {
    byte[] zipped = gzip(whole);
    Files.write(dump, Arrays.copyOf(zipped, zipped.length * 3 / 4));

    assertEquals(0, run("convert", dump), err());

    assertTrue(err().contains("cut off"), err());
    assertTrue(profile(out.toByteArray()).getSampleCount() > 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"a\": 1}", "null", "\"java.lang.Thread.run(Thread.java)\"", "[7]"})
  void aStackThatIsNoListOfTextsIsTold(String stack) throws Exception {
    Files.writeString(
        dump,
        """
        {"threadDump": {"threadContainers": [{"threads": [
          {"tid": 3, "name": "odd", "state": "RUNNABLE", "stack": %s},
          {"tid": 4, "name": "even", "state": "RUNNABLE", "stack": ["a.B.c(B.java:1)"]}
        ]}]}}
        """
            .formatted(stack));

    assertEquals(0, run("convert", dump), err());

    assertTrue(err().contains("1 threads have a stack that is no list of texts"), err());
    assertEquals(2, profile(out.toByteArray()).getSampleCount());
  }

  @ParameterizedTest
  @ValueSource(strings = {"debug1", "debug2"})
  void aNameWithControlCharactersBreaksNoLine(String format) throws Exception {
    Files.writeString(
        dump,
        """
        {"threadDump": {"threadContainers": [{"threads": [
          {"tid": 3, "name": "odd", "state": "RUNNABLE",
            "stack": ["a.B.c\\n1 @ 0x1\\r\\u2028(B\\u0000\\n.java:1)"]}
        ]}]}}
        """);

    assertEquals(0, run("convert", "--format", format, dump), err());

    String text = out.toString(StandardCharsets.UTF_8);
    assertEquals(format.equals("debug1") ? 4 : 3, text.lines().count(), text);
    assertFalse(text.contains("\u2028") || text.contains("\r"), text);
  }

  @Test
  void debug3HasIdAndStateOfEachThread() throws Exception {
    Path target = directory.resolve("out.pb.gz");

    assertEquals(0, run("convert", dump, "--format=debug3", "-o", target));

    Profile profile = profile(Files.readAllBytes(target));
    List<String> labels =
        profile.getSample(1).getLabelList().stream()
            .map(
                label ->
                    profile.getStringTable((int) label.getKey())
                        + "="
                        + label.getNum()
                        + profile.getStringTable((int) label.getStr()))
            .toList();
    assertEquals(List.of("go::goroutine=31", "go::goroutine_state=0chan receive"), labels);
    assertEquals(0, out.size());
  }

  @Test
  void aProfileHasTheTimeOfItsDump() throws Exception {
    assertEquals(0, run("convert", dump));

    assertEquals(1_795_441_871_057_934_969L, profile(out.toByteArray()).getTimeNanos());
  }

  @Test
  void aFileIsReplacedWhole() throws Exception {
    Path target = Files.writeString(directory.resolve("out"), "old");

    assertEquals(0, run("convert", dump, "-o", target));

    assertEquals(4, profile(Files.readAllBytes(target)).getSampleCount());
    assertEquals(List.of("dump.json", "out"), files());
  }

  @ParameterizedTest
  @ValueSource(strings = {"pb", "debug1", "debug2", "debug3"})
  void aDumpCutOffGivesWhatCouldBeReadAndSaysSo(String format) throws Exception {
    Files.write(dump, Arrays.copyOf(whole, whole.length * 3 / 4));
    Path target = directory.resolve("out");

    assertEquals(0, run("convert", dump, "--format", format, "-o", target));

    assertTrue(Files.size(target) > 0);
    assertTrue(err().contains("cut off"), err());
    assertTrue(err().contains("the profile has the 2 threads before"), err());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "garbage", "{\"some\":\"json\"}", "{\"threadDump\":{", "\u0000\u0001"})
  void whatIsNoDumpFailsWithoutOutput(String content) throws Exception {
    Files.writeString(dump, content);
    for (String format : List.of("pb", "debug1", "debug2", "debug3")) {
      Path target = directory.resolve("out");

      assertEquals(1, run("convert", dump, "--format", format, "-o", target));
      assertEquals(1, run("convert", dump, "--format", format));
    }
    assertEquals(0, out.size());
    assertEquals(List.of("dump.json"), files());
    assertEquals(8, err().lines().count(), err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|it is empty, not a thread dump in JSON or a JFR recording: write a dump with jcmd PID",
        "# words|it is text, not a thread dump in JSON or a JFR recording: write a dump with",
        "<html>|it is HTML, not a thread dump in JSON or a JFR recording: write a dump with",
        "Full thread dump OpenJDK|it is a thread dump as text, not a thread dump in JSON or",
        "{}|it has no \"threadDump\", so it is no thread dump: write one with jcmd <pid>",
      })
  void whatIsNoDumpIsToldWithWhatToDo(String content, String told) throws Exception {
    Files.writeString(dump, content);

    assertEquals(1, run("convert", dump));

    assertTrue(err().startsWith("pprof: " + dump + ": " + told), err());
  }

  @Test
  void aProfileNeedsNoConversion() throws Exception {
    Path profile = directory.resolve("profile.pb.gz");
    assertEquals(0, run("convert", dump, "-o", profile));

    assertEquals(1, run("convert", profile));

    assertEquals(
        "pprof: " + profile + ": it is a profile already: show it with top or go tool pprof\n",
        err());
  }

  @Test
  void anOutputWithTheLongestLegalNameIsWritten() throws Exception {
    Path target = directory.resolve("n".repeat(255));

    assertEquals(0, run("convert", dump, "-o", target), err());

    assertEquals(4, profile(Files.readAllBytes(target)).getSampleCount());
  }

  @Test
  void aTemporaryFileThatAKilledRunOfTheSameProcessIdLeftBlocksNobody() throws Exception {
    Path target = directory.resolve("out.pb.gz");
    Path left =
        directory.resolve(
            "." + target.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
    Files.createFile(left);

    assertEquals(0, run("convert", dump, "-o", target), err());

    assertEquals(4, profile(Files.readAllBytes(target)).getSampleCount());
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    assertEquals(1, run("convert", directory.resolve("missing.json")));

    assertTrue(err().contains("no such file"), err());
    assertEquals(0, out.size());
  }

  @Test
  void aDirectoryIsNeitherReadNorWritten() {
    assertEquals(1, run("convert", directory));
    assertEquals(1, run("convert", dump, "-o", directory));
    assertEquals(1, run("convert", dump, "-o", directory.resolve("missing").resolve("out")));

    assertEquals(0, out.size());
    assertEquals(3, err().lines().count(), err());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "profile",
        "convert",
        "convert a b",
        "convert --format",
        "convert a --format svg",
        "convert a --nonsense",
        "convert a -o"
      })
  void aWrongCommandIsExplained(String command) {
    assertEquals(2, run((Object[]) command.split(" ", -1)));

    assertTrue(err().contains("--help"), err());
    assertEquals(0, out.size());
  }

  @Test
  void helpIsPrinted() {
    assertEquals(0, run("convert", "--help"));

    assertTrue(out.toString(StandardCharsets.UTF_8).startsWith("Usage: java -jar pprof.jar"));
    assertArrayEquals(new byte[0], err.toByteArray());
    assertFalse(out.toString(StandardCharsets.UTF_8).lines().anyMatch(line -> line.length() > 80));
  }
}
