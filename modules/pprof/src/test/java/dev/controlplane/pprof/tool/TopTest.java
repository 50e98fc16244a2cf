package dev.controlplane.pprof.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.Source;
import dev.controlplane.pprof.writers.ProfileWriter;
import dev.controlplane.proto.profile.Function;
import dev.controlplane.proto.profile.Line;
import dev.controlplane.proto.profile.Location;
import dev.controlplane.proto.profile.Mapping;
import dev.controlplane.proto.profile.Profile;
import dev.controlplane.proto.profile.Sample;
import dev.controlplane.proto.profile.ValueType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands {@code top} and {@code diff}. */
class TopTest {
  @TempDir private Path directory;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void topShowsWhatEachFunctionHasItselfAndWithItsCallees() throws IOException {
    Path file =
        save(
            new Made()
                .sample("a.Main.main;a.Work.run;b.Io.read", 30)
                .sample("a.Main.main;a.Work.run", 10));

    assertEquals(0, run("top", file));

    assertEquals(
        """
        prog, cpu, 2026-11-29 12:00:00 UTC, of 1.50s
        40 in all
          flat  flat%  cum   cum%  function
            30  75.0%   30  75.0%  b.Io.read
            10  25.0%   40   100%  a.Work.run
             0   0.0%   40   100%  a.Main.main
        """,
        out());
  }

  @Test
  void recursionCountsOnceAndInlinedFunctionsCount() throws IOException {
    Path file =
        save(
            new Made()
                .sample("a.A.f;a.A.g;a.A.f", 5)
                .inlined("a.A.main", "a.A.outer", "a.A.inner", 7));

    run("top", file);

    assertTrue(out().contains("     5  41.7%    5  41.7%  a.A.f\n"), out());
    assertTrue(out().contains("     7  58.3%    7  58.3%  a.A.inner\n"), out());
    assertTrue(out().contains("     0   0.0%    7  58.3%  a.A.outer\n"), out());
  }

  @Test
  void diffShowsGrowthAsAShareOfWhatWasBefore() throws IOException {
    Path before =
        save(new Made().sample("a.A.same", 10).sample("a.A.gone", 4).sample("a.A.grown", 6));
    Path after =
        save(new Made().sample("a.A.same", 10).sample("a.A.grown", 16).sample("a.A.added", 1));

    assertEquals(0, run("diff", before, after));

    assertEquals(
        """
        prog, cpu, 2026-11-29 12:00:00 UTC, of 1.50s
        20 before, 27 after
          flat   flat%  cum    cum%  function
           +10   50.0%  +10   50.0%  a.A.grown
            -4  -20.0%   -4  -20.0%  a.A.gone
            +1    5.0%   +1    5.0%  a.A.added
        """,
        out());
  }

  @Test
  void severalProfilesAreAddedUp() throws IOException {
    Path file = save(new Made().sample("a.A.f", 21));

    run("top", file, file);

    assertTrue(out().contains("    42   100%   42  100%  a.A.f"), out());
  }

  @Test
  void theTypeOfValueIsTheOneThatTheProfileNamesOrTheOneAskedFor() throws IOException {
    Path file = save(Made.heap().sample("a.A.f", 3, 5L << 20));

    run("top", file);
    assertTrue(out().contains("  5MB   100%"), out());
    out.reset();
    run("top", file, "--sample", "objects");
    assertTrue(out().contains("   3   100%"), out());
    out.reset();
    run("top", save(Made.heap().first("objects").sample("a.A.f", 3, 5L << 20)));
    assertTrue(out().contains("   3   100%"), out());
    assertEquals(1, run("top", file, "--sample=cpu"));
    assertEquals(
        "pprof: " + file + ": it has no values of the type cpu, but objects, space\n", err());
  }

  @ParameterizedTest
  @CsvSource({
    "1, nanoseconds, 1ns",
    "1500, nanoseconds, 1.50us",
    "-2000000, nanoseconds, -2ms",
    "90000000000, nanoseconds, 1.50mins",
    "1023, bytes, 1023B",
    "1536, bytes, 1.50kB",
    "0, bytes, 0",
    "7, count, 7"
  })
  void valuesHaveAUnitOfAFittingSize(long value, String unit, String expected) {
    assertEquals(expected, Quantity.text(value, unit));
  }

  @Test
  void linesAreAsWideAsTheTerminalAndKeepTheEndOfNames() throws IOException {
    String name = "com.example.a.very.long.name.of.a.package.that.goes.on.Worker.run";
    Path file = save(new Made().sample(name, 5));

    run("top", file, "--width", "60");
    assertTrue(out().lines().allMatch(line -> line.length() <= 60), out());
    assertTrue(out().contains("…") && out().strip().endsWith("goes.on.Worker.run"), out());
    out.reset();
    run("top", file, "--width", "0");
    assertTrue(out().contains(name), out());
  }

  @Test
  void onlyTheLargestAreShownAndTheRestIsCounted() throws IOException {
    var made = new Made();
    for (int i = 1; i <= 50; i++) {
      made.sample("a.A.f" + i, i);
    }
    Path file = save(made);

    run("top", file);
    assertEquals(33, out().lines().count());
    assertTrue(out().contains("20 functions are not shown (-n 0)"), out());
    out.reset();
    run("top", file, "-n", "2");
    assertEquals(5, out().lines().count());
    assertTrue(out().contains("a.A.f50") && out().contains("a.A.f49"), out());
    out.reset();
    run("top", "-n", "0", file);
    assertEquals(53, out().lines().count());
  }

  @Test
  void namesDoNotReachTheTerminalAsCommands() throws IOException {
    Path file = save(new Made().sample("a.A.\u001b[31mred\n\u009b", 1));

    run("top", file);

    assertTrue(out().contains("a.A.?[31mred??"), out());
  }

  @Test
  void theTableIsThatOfGoToolPprof() throws IOException, InterruptedException {
    Path file = directory.resolve("goroutine.pb.gz");
    try (OutputStream stream = Files.newOutputStream(file)) {
      ProfileWriter.write(GoroutineProfiler.create().collect(Source.LIVE), stream);
    }
    Process go =
        new ProcessBuilder(
                "go",
                "tool",
                "pprof",
                "-top",
                "-nodefraction=0",
                "-nodecount=1000",
                file.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    List<String> expected = new ArrayList<>();
    new String(go.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
        .lines()
        .dropWhile(line -> !line.contains("flat%   sum%"))
        .skip(1)
        .forEach(
            line -> {
              String[] cells = line.strip().split(" +", 6);
              expected.add(cells[0] + " " + cells[3] + " " + cells[5]);
            });

    run("top", file, "-n", "0");

    List<String> actual = new ArrayList<>();
    out()
        .lines()
        .skip(3)
        .forEach(
            line -> {
              String[] cells = line.strip().split(" +", 5);
              actual.add(cells[0] + " " + cells[2] + " " + cells[4]);
            });
    assertTrue(actual.size() > 3, out());
    expected.sort(null);
    actual.sort(null);
    assertEquals(expected, actual);
  }

  @Test
  void anAddressIsFetchedWithItsPasswordAndWithoutItsScheme() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    byte[] profile = Files.readAllBytes(save(new Made().sample("a.A.f", 5)));
    server.createContext(
        "/debug/pprof/goroutine",
        exchange -> {
          boolean known =
              "Basic OnNlY3JldA==".equals(exchange.getRequestHeaders().getFirst("Authorization"));
          byte[] body =
              known ? profile : "pprof: needs the token\n".getBytes(StandardCharsets.UTF_8);
          exchange
              .getResponseHeaders()
              .set(
                  "Content-Type", known ? "application/octet-stream" : "text/plain; charset=utf-8");
          exchange.sendResponseHeaders(known ? 200 : 401, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    String address = "127.0.0.1:" + server.getAddress().getPort() + "/debug/pprof/goroutine";
    try {
      assertEquals(0, run("top", "http://:secret@" + address));
      assertTrue(out().contains("a.A.f"), out());
      assertEquals(1, run("top", address));
      assertEquals(
          "pprof: " + address + ": the server answered 401: pprof: needs the token\n", err());
      err.reset();
      assertEquals(1, run("top", "127.0.0.1:" + server.getAddress().getPort()));
      assertTrue(
          err().endsWith("; expected an address with a path, such as /debug/pprof/goroutine\n"),
          err());
    } finally {
      server.stop(0);
    }
    err.reset();
    assertEquals(1, run("top", "http://" + address));
    assertTrue(err().contains("nothing listens at 127.0.0.1:"), err());
  }

  @Test
  void standardInputIsAProfileToo() throws IOException {
    byte[] profile = Files.readAllBytes(save(new Made().sample("a.A.f", 5)));

    int code = command("top", profile).run(List.of("-"));

    assertEquals(0, code);
    assertTrue(out().contains("a.A.f"), out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "goroutine profile: total 3|it is a profile as text for people: get the profile without"
            + " debug=N",
        "--- contention:|it is a profile as text for people: get the profile without debug=N",
        "goroutine 1 [running]:|it is a profile as text for people: get the profile without"
            + " debug=N",
        "<html>|it is HTML, not a profile: get one with curl -o FILE"
            + " http://HOST:PORT/debug/pprof/goroutine",
        "{\"threadDump\": {}}|it is JSON, not a profile: convert makes one of a thread dump",
        "Full thread dump OpenJDK|it is a thread dump as text, not a profile: get one with curl",
        "<project>|it is XML, not a profile: get one with curl",
        "FLR|it is text, not a profile: get one with curl",
        "# Größe|it is text, not a profile: get one with curl",
        "a\u0001\u0002b|it is binary data of an unknown kind, not a profile: get one",
      })
  void anotherFileIsToldApart(String content, String expected) throws IOException {
    Path file = Files.writeString(directory.resolve("other"), content);

    assertEquals(1, run("top", file));

    assertTrue(err().startsWith("pprof: " + file + ": " + expected), err());
  }

  @Test
  void whatIsGzippedIsToldToo() throws IOException {
    Path file = directory.resolve("other.gz");
    try (OutputStream gzip = new GZIPOutputStream(Files.newOutputStream(file))) {
      gzip.write("# words".repeat(10_000).getBytes(StandardCharsets.UTF_8));
    }

    assertEquals(1, run("top", file));

    assertTrue(err().startsWith("pprof: " + file + ": it is text, gzipped, not a profile"), err());
  }

  @Test
  void aDamagedProfileIsToldAsOne() throws IOException {
    byte[] whole = new Made().sample("a.A.f", 5).build().toByteArray();
    Path file = Files.write(directory.resolve("cut"), Arrays.copyOf(whole, whole.length - 3));

    assertEquals(1, run("top", file));

    assertEquals(
        "pprof: " + file + ": it looks like a profile that is damaged: it is cut off\n", err());
  }

  @Test
  void aRecordingAnEmptyFileAMissingOneAndADirectoryAreTold() throws IOException {
    Path file = Files.write(directory.resolve("other"), new byte[] {'F', 'L', 'R', 0, 0, 2});
    assertEquals(1, run("top", file));
    Files.write(file, new byte[0]);
    assertEquals(1, run("top", file));
    assertEquals(1, run("top", directory));
    assertEquals(1, run("top", directory.resolve("none")));
    assertEquals(
        """
        pprof: FILE: it is a JFR recording: make a profile of it with convert
        pprof: FILE: it is empty, not a profile: get one with curl -o FILE http://HOST:PORT/debug/pprof/goroutine
        pprof: DIR: it is a directory
        pprof: DIR/none: no such file
        """
            .replace("pprof: FILE", "pprof: " + file)
            .replace("DIR", directory.toString()),
        err());
  }

  @Test
  void whateverTheBytesAreThereIsATableOrOneLine() throws IOException {
    byte[] whole =
        new Made()
            .sample("a.A.f;b.B.g", 5)
            .inlined("a.A.main", "a.A.outer", "a.A.inner", 7)
            .build()
            .toByteArray();
    var random = new Random(17);
    for (int i = 0; i < 2000; i++) {
      byte[] bytes =
          random.nextBoolean() ? Arrays.copyOf(whole, random.nextInt(whole.length)) : whole.clone();
      for (int change = random.nextInt(4); change > 0 && bytes.length > 0; change--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      err.reset();
      int code = command("top", bytes).run(List.of("-", "--width", "80"));
      assertTrue(code == 0 || (code == 1 && err().lines().count() == 1), () -> code + err());
    }
  }

  @Test
  void aDamagedArchiveIsTold() throws IOException {
    byte[] whole = Files.readAllBytes(save(new Made().sample("a.A.f", 5)));
    Path file = Files.write(directory.resolve("cut"), Arrays.copyOf(whole, whole.length - 12));

    assertEquals(1, run("top", file));

    assertTrue(err().contains("cut: it is cut off or damaged"), err());
  }

  @ParameterizedTest
  @CsvSource({
    "top, no profile: give a file or an address",
    "diff a, 'diff needs two profiles, not 1'",
    "diff a b c, 'diff needs two profiles, not 3'",
    "top a -n, -n needs a value",
    "top a -n x, '-n is x, expected a number from 0'",
    "top a --nothing, unknown option --nothing"
  })
  void aWrongCommandIsExplained(String command, String expected) {
    assertEquals(2, run((Object[]) command.split(" ", -1)));
    assertEquals("pprof: " + expected, err().lines().findFirst().orElseThrow());
    assertTrue(err().contains("--help"), err());
  }

  @Test
  void differentThingsAreNotCompared() throws IOException {
    Path cpu = save(new Made().sample("a.A.f", 5));
    Path heap = save(Made.heap().sample("a.A.f", 5, 5));

    assertEquals(1, run("diff", heap, cpu));
    assertTrue(err().contains("it has no values of the type space, but cpu"), err());
  }

  private int run(Object... command) {
    List<String> texts = Arrays.stream(command).map(Object::toString).toList();
    return command(texts.get(0), new byte[0]).run(texts.subList(1, texts.size()));
  }

  private TopCommand command(String name, byte[] in) {
    return new TopCommand(
        name, new ByteArrayInputStream(in), new PrintStream(out), new PrintStream(err));
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private Path save(Made made) throws IOException {
    Path file = Files.createTempFile(directory, "made", ".pb.gz");
    try (OutputStream gzip = new GZIPOutputStream(Files.newOutputStream(file))) {
      made.build().writeTo(gzip);
    }
    return file;
  }

  /** A profile made by hand, with the classes that protoc generates. */
  private static final class Made {
    private final Profile.Builder profile = Profile.newBuilder();
    private final List<String> texts = new ArrayList<>(List.of(""));
    private final List<String> functions = new ArrayList<>();

    Made() {
      this("cpu", "count");
    }

    private Made(String... types) {
      for (int i = 0; i < types.length; i += 2) {
        profile.addSampleType(
            ValueType.newBuilder().setType(text(types[i])).setUnit(text(types[i + 1])));
      }
      profile.addMapping(Mapping.newBuilder().setId(1).setFilename(text("prog")));
      profile.setTimeNanos(1_795_953_600_000_000_000L).setDurationNanos(1_500_000_000L);
    }

    static Made heap() {
      return new Made("objects", "count", "space", "bytes");
    }

    /** Names the type that is shown first. */
    Made first(String type) {
      profile.setDefaultSampleType(text(type));
      return this;
    }

    /** A sample with a stack, outermost first. */
    Made sample(String stack, long... values) {
      Sample.Builder sample = Sample.newBuilder();
      String[] names = stack.split(";", -1);
      for (int i = names.length - 1; i >= 0; i--) {
        sample.addLocationId(location(names[i]));
      }
      for (long value : values) {
        sample.addValue(value);
      }
      profile.addSample(sample);
      return this;
    }

    /** A sample whose innermost location stands for two functions. */
    Made inlined(String root, String outer, String inner, long value) {
      int id = profile.getLocationCount() + 1;
      profile.addLocation(
          Location.newBuilder()
              .setId(id)
              .addLine(Line.newBuilder().setFunctionId(function(inner)))
              .addLine(Line.newBuilder().setFunctionId(function(outer))));
      profile.addSample(
          Sample.newBuilder().addLocationId(id).addLocationId(location(root)).addValue(value));
      return this;
    }

    private long location(String name) {
      int id = profile.getLocationCount() + 1;
      profile.addLocation(
          Location.newBuilder()
              .setId(id)
              .addLine(Line.newBuilder().setFunctionId(function(name)).setLine(id)));
      return id;
    }

    private long function(String name) {
      if (!functions.contains(name)) {
        functions.add(name);
        profile.addFunction(Function.newBuilder().setId(functions.size()).setName(text(name)));
      }
      return functions.indexOf(name) + 1L;
    }

    private int text(String text) {
      if (!texts.contains(text)) {
        texts.add(text);
      }
      return texts.indexOf(text);
    }

    Profile build() {
      return profile.clone().addAllStringTable(texts).build();
    }
  }
}
