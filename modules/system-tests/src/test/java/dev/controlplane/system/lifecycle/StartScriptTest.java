package dev.controlplane.system.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.AgentUnderTest;
import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code bin/upload-server} and its like. */
class StartScriptTest {
  @TempDir Path directory;

  @Test
  void theServersStartFromTheCacheThatTheBuildMade() throws Exception {
    for (String server : List.of("upload-server", "consumer-server", "grpc-server")) {
      Path classes = directory.resolve(server + "-classes.txt");

      start(server, "-Xlog:class+load:file=" + classes);

      assertTrue(
          Files.readString(classes)
              .lines()
              .anyMatch(
                  line ->
                      line.contains("dev.controlplane.server.ServerProcess source:")
                          && line.contains("shared objects file")),
          () -> server + " loads its classes from the jars");
    }
  }

  @Test
  void theServersLoadTheLibraryThatTheBuildUnpacked() throws Exception {
    for (String server : List.of("upload-server", "consumer-server", "grpc-server")) {
      Path libraries = directory.resolve(server + "-libraries.txt");

      start(server, "-Xlog:library=info:file=" + libraries);

      String loaded = Files.readString(libraries);
      assertTrue(loaded.contains(server + "/target/native/libsqlitejdbc."), loaded);
    }
  }

  @Test
  void aLibraryThatCannotBeLoadedIsTakenFromTheJarAndNotLeftBehind() throws Exception {
    Path broken = Files.createDirectory(directory.resolve("broken"));
    Path temporary = Files.createDirectory(directory.resolve("temporary"));
    Path libraries = directory.resolve("libraries.txt");
    Files.writeString(broken.resolve("libsqlitejdbc.so"), "not a library");

    start(
        "upload-server",
        "-Xlog:library=info:file=%s -Dorg.sqlite.lib.path=%s -Djava.io.tmpdir=%s"
            .formatted(libraries, broken, temporary));

    String loaded = Files.readString(libraries);
    assertTrue(loaded.contains(temporary + "/sqlite-"), loaded);
    try (Stream<Path> left = Files.list(temporary)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void whereTheCacheSuitsTheJvmNotTheServerStartsWithoutAndSaysNothingOfIt() throws Exception {
    String said = start("upload-server", "-XX:+UseCompactObjectHeaders");

    assertEquals(
        List.of(),
        said.lines()
            .filter(line -> !line.startsWith("time=") && !line.startsWith("Picked up "))
            .toList());
  }

  @Test
  void aServerStartsThroughALinkFromAnyDirectoryAndWithCdpathExported() throws Exception {
    Path script = Tools.repository().resolve("bin/consumer-server");
    Path link = Files.createSymbolicLink(directory.resolve("a link"), script);

    start(
        link,
        "consumer-server",
        Map.of("CDPATH", Tools.repository() + ":" + directory, "JAVA_OPTIONS", ""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"C", "xx_YY.UTF-8", "de_DE.ISO-8859-1"})
  void aNameThatIsNotAsciiIsUnderstoodInAnyLocale(String locale) throws Exception {
    // By a shell, for the JVM of this test may have such a locale itself.
    Ended server =
        shell(
            locale,
            "d=$(printf 'gr\\303\\274n'); STORAGE_PATH=$0/$d exec \"$1/upload-server\" --check");
    assertEquals(0, server.code(), server::said);
    assertTrue(server.said().contains("is not there yet"), server::said);

    Ended cpctl =
        shell(
            locale,
            "n=$(printf 'gr\\303\\274n'); exec \"$1/cpctl\" info \"$n\" --upload-url"
                + " http://127.0.0.1:1 --consumer-url http://127.0.0.1:1");
    assertEquals(3, cpctl.code(), cpctl::said);
  }

  private Ended shell(String locale, String script) throws Exception {
    return run(
        Path.of("/bin/sh"),
        Map.of("LC_ALL", locale),
        "-c",
        script,
        directory.toString(),
        Tools.repository().resolve("bin").toString());
  }

  @Test
  void outputThatIsClosedIsAnErrorToCpctlAndNoneToAServer() throws Exception {
    assertEquals(1, shell("C", "exec \"$1/cpctl\" --help >&-").code());

    Ended server =
        shell(
            "C",
            "export UPLOAD_PORT=0 STORAGE_PATH=$0/data\n"
                + "\"$1/upload-server\" <&- >&- 2>&- & pid=$!\n"
                + "i=0; until [ -e $0/data/catalog.db ]; do sleep .1; i=$((i+1)); [ $i -lt 300 ] ||"
                + " exit 9; done\n"
                + "kill $pid; wait $pid");
    assertEquals(143, server.code(), server::said);
  }

  @ParameterizedTest
  @ValueSource(strings = {"upload-server", "consumer-server", "grpc-server"})
  void anArgumentThatAServerDoesNotKnowIsNoStart(String server) throws Exception {
    Ended help = run(server, Map.of(), "--help");
    assertEquals(0, help.code(), help::said);
    assertTrue(help.said().contains("Usage: " + server), help::said);
    assertTrue(help.said().contains("storage-path: ./data"), help::said);

    Ended mistake = run(server, Map.of(), "--port=1");
    assertEquals(2, mistake.code(), mistake::said);
    assertTrue(mistake.said().contains("unknown argument '--port=1'"), mistake::said);
  }

  @ParameterizedTest
  @ValueSource(strings = {"upload-server", "consumer-server", "grpc-server"})
  void aCheckReadsSettingsAndStorageAndStartsNothing(String server) throws Exception {
    Path data = directory.resolve("data");
    Ended fresh = run(server, Map.of("STORAGE_PATH", data.toString()), "--check");
    assertEquals(0, fresh.code(), fresh::said);
    assertTrue(fresh.said().contains(server + ": settings: ok"), fresh::said);
    assertTrue(fresh.said().contains(data + " is not there yet"), fresh::said);
    assertFalse(Files.exists(data), fresh::said);

    Ended wrong = run(server, Map.of("IDLE_TIMEOUT", "soon"), "--check");
    assertEquals(1, wrong.code(), wrong::said);
    assertTrue(wrong.said().contains("settings: not ok: IDLE_TIMEOUT is \"soon\""), wrong::said);

    Ended misspelt = run(server, Map.of("UPLOAD_PROT", "1"), "--check");
    assertTrue(
        misspelt.said().contains("no server has UPLOAD_PROT; did you mean UPLOAD_PORT?"),
        misspelt::said);
  }

  @ParameterizedTest
  @CsvSource({
    "PPROF_ACCESS,       nobody,   pprof access is",
    "PPROF_ACCESS,       token,    there is no token",
    "PPROF_ADDRESS,      nowhere,  pprof address is",
    "PPROF_MAX_REQUESTS, 0,        PPROF_MAX_REQUESTS",
    "PPROF_CPU,          fast,     PPROF_CPU is",
    "PPROF_LABEL_SETS,   -1,       PPROF_LABEL_SETS",
    "PPROF_CUMULATIVE,   perhaps,  PPROF_CUMULATIVE"
  })
  void aCheckReadsTheSettingsOfProfilesToo(String variable, String value, String told)
      throws Exception {
    Ended ended = run("consumer-server", Map.of(variable, value), "--check");
    assertEquals(1, ended.code(), ended::said);
    assertTrue(ended.said().contains("settings: not ok: "), ended::said);
    assertTrue(ended.said().contains(told), ended::said);
  }

  /** Nobody can make a directory in /proc, root included. */
  @Test
  void aCheckTellsWhoCannotWriteItsData() throws Exception {
    Map<String, String> readOnly = Map.of("STORAGE_PATH", "/proc/self/data");
    Ended upload = run("upload-server", readOnly, "--check");
    assertEquals(1, upload.code(), upload::said);
    assertTrue(upload.said().contains("storage: not ok: upload-server writes"), upload::said);

    Ended consumer = run("consumer-server", readOnly, "--check");
    assertEquals(0, consumer.code(), consumer::said);
  }

  @Test
  void aCheckBesideARunningServerTellsOfItsCatalog() throws Exception {
    try (Cluster cluster = Cluster.builder().withoutConsumerServer().start()) {
      cluster.published("w", "1", AgentUnderTest.bytes("one"));
      for (String server : List.of("upload-server", "consumer-server", "grpc-server")) {
        Ended ended = run(server, Map.of("STORAGE_PATH", cluster.data().toString()), "--check");
        assertEquals(0, ended.code(), ended::said);
        assertTrue(ended.said().contains("revision 1"), ended::said);
      }
      assertEquals(2, cluster.published("w", "2", AgentUnderTest.bytes("two")));
    }
  }

  @Test
  void aFileOfSettingsIsReadAndOneWithAnUnknownSettingIsNot() throws Exception {
    Path file = Files.writeString(directory.resolve("all.yaml"), "page-size: 0\n");
    Ended read = run("consumer-server", Map.of(), "--config", file.toString(), "--check");
    assertEquals(1, read.code(), read::said);
    assertTrue(read.said().contains("PAGE_SIZE is \"0\""), read::said);

    Files.writeString(file, "page-sise: 10\n");
    Ended unknown = run("consumer-server", Map.of(), "--config", file.toString());
    assertEquals(1, unknown.code(), unknown::said);
    assertTrue(unknown.said().contains("did you mean page-size?"), unknown::said);

    Ended checked = run("consumer-server", Map.of(), "--config", file.toString(), "--check");
    assertEquals(1, checked.code(), checked::said);
    assertTrue(
        checked.said().startsWith("consumer-server: settings: not ok: can't use"), checked::said);
  }

  @Test
  void aServerWarnsOfWhatLooksLikeASettingAndIsNone() throws Exception {
    Path data = directory.resolve("other data");
    Files.writeString(Files.createDirectories(data).resolve("a file of somebody"), "");
    Ended ended =
        run(
            "upload-server",
            Map.of("UPLOAD_PROT", "1", "LOG_FORMAT", "json", "STORAGE_PATH", data.toString()));
    assertEquals(1, ended.code(), ended::said);
    assertTrue(ended.said().contains("did you mean UPLOAD_PORT?"), ended::said);
    assertTrue(ended.said().contains("\"event\":\"start-failed\""), ended::said);
  }

  @Test
  void withoutAJdkAServerSaysSoOnceAndTriesNoJvm() throws Exception {
    Path bin = Files.createDirectories(directory.resolve("a copy/bin"));
    Path jar = directory.resolve("a copy/modules/upload-server/target/upload-server.jar");
    Files.createDirectories(jar.getParent());
    Files.createFile(jar);
    for (String script : List.of("upload-server", "start")) {
      Files.copy(Tools.repository().resolve("bin").resolve(script), bin.resolve(script));
    }
    Path find = Files.writeString(bin.resolve("find-jdk"), "#!/bin/sh\necho no JDK >&2; exit 1\n");
    assertTrue(find.toFile().setExecutable(true));

    Ended ended = run(bin.resolve("upload-server"), Map.of());

    assertEquals(1, ended.code());
    assertEquals("no JDK\n", ended.said());
  }

  @Test
  void aServerThatIsNotBuiltSaysHowToBuildIt() throws Exception {
    Path bin = Files.createDirectories(directory.resolve("bin"));
    for (String script : List.of("upload-server", "start")) {
      Files.copy(Tools.repository().resolve("bin").resolve(script), bin.resolve(script));
    }

    Ended ended = run(bin.resolve("upload-server"), Map.of());

    assertEquals(1, ended.code());
    assertTrue(ended.said().contains("mvn -q -B -DskipTests package"), ended::said);
  }

  private record Ended(int code, String said) {}

  private Ended run(String server, Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    return run(Tools.repository().resolve("bin").resolve(server), environment, arguments);
  }

  /** Runs a script that ends by itself. */
  private Ended run(Path script, Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(script.toString()));
    command.addAll(List.of(arguments));
    Path output = directory.resolve("output");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      assertTrue(process.waitFor(60, TimeUnit.SECONDS), () -> script + " does not end");
      return new Ended(process.exitValue(), said(output));
    } finally {
      process.destroyForcibly();
    }
  }

  private String start(String server, String options) throws IOException, InterruptedException {
    return start(
        Tools.repository().resolve("bin").resolve(server), server, Map.of("JAVA_OPTIONS", options));
  }

  /** Starts a server by a script and ends it; what it said. */
  private String start(Path script, String server, Map<String, String> environment)
      throws IOException, InterruptedException {
    Path output = directory.resolve(server + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(script.toString())
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder
        .environment()
        .putAll(
            Map.of(
                "STORAGE_PATH",
                directory.resolve("data").toString(),
                "UPLOAD_PORT",
                "0",
                "CONSUMER_PORT",
                "0",
                "GRPC_PORT",
                "0",
                "HTTP_PORT",
                "0"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      Await.until(
          Duration.ofMinutes(2),
          () -> server + " is ready; " + said(output),
          () -> said(output).contains("event=ready"));
      process.destroy();
      assertTrue(process.waitFor(60, TimeUnit.SECONDS), server + " still runs");
    } finally {
      process.destroyForcibly();
    }
    return said(output);
  }

  private static String said(Path output) {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
