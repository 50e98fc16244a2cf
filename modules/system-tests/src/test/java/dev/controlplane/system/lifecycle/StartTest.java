package dev.controlplane.system.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.ServerUnderTest;
import dev.controlplane.system.harness.Tools;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A start either succeeds without a word of worry, or says in one line why it can't. */
class StartTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir private Path directory;

  private Map<String, String> environment(String... pairs) {
    Map<String, String> environment = new HashMap<>();
    environment.put("STORAGE_PATH", directory.resolve("data").toString());
    for (String port : List.of("UPLOAD_PORT", "CONSUMER_PORT", "GRPC_PORT", "HTTP_PORT")) {
      environment.put(port, "0");
    }
    for (int i = 0; i < pairs.length; i += 2) {
      environment.put(pairs[i], pairs[i + 1]);
    }
    return environment;
  }

  /** The other servers wait for a data directory; upload-server makes one. */
  private void makeCatalog() {
    server("upload-server").launch().awaitReady().terminate(LIMIT);
  }

  private ServerUnderTest server(String name, String... pairs) {
    return new ServerUnderTest(name, directory.resolve(name), environment(pairs), List.of());
  }

  /** Starts a server that can't start; its one line. */
  private String refusal(String name, String... pairs) {
    ServerUnderTest server = server(name, pairs).launch();
    try {
      assertEquals(1, server.awaitEnd(LIMIT), server::logText);
      return oneLine(server.logText());
    } finally {
      server.clear();
    }
  }

  private static String oneLine(String output) {
    assertEquals(1, output.lines().count(), output);
    assertTrue(output.contains("level=error"), output);
    assertTrue(output.contains("reason="), output);
    return output;
  }

  @ParameterizedTest
  @CsvSource({
    "upload-server,   UPLOAD_PORT",
    "consumer-server, CONSUMER_PORT",
    "grpc-server,     GRPC_PORT",
    "grpc-server,     HTTP_PORT"
  })
  void aTakenPortIsNamedInOneLine(String name, String variable) throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String line = refusal(name, variable, String.valueOf(taken.getLocalPort()));
      assertTrue(line.contains(String.valueOf(taken.getLocalPort())), line);
      assertTrue(line.contains(variable), line);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "upload-server,   UPLOAD_PORT,   eighty",
    "upload-server,   UPLOAD_PORT,   65536",
    "consumer-server, CONSUMER_PORT, -1",
    "grpc-server,     HTTP_PORT,     80 80",
    "grpc-server,     GRPC_MAX_STREAMS, 0",
    "upload-server,   MAX_UPLOAD_BYTES, 1GiB",
    "upload-server,   BIND_ADDRESS,  no.such.host.invalid",
    "upload-server,   GRPC_SERVER_URL, nonsense"
  })
  void aSettingThatMakesNoSenseIsNamedInOneLine(String name, String variable, String value) {
    String line = refusal(name, variable, value);
    assertTrue(line.contains(variable), line);
    assertTrue(line.contains(value), line);
  }

  @ParameterizedTest
  @ValueSource(strings = {"upload-server", "consumer-server", "grpc-server"})
  void aDataDirectoryThatIsAFileIsNamedInOneLine(String name) throws IOException {
    Files.writeString(directory.resolve("data"), "a file");
    assertTrue(refusal(name).contains(directory.resolve("data").toString()));
    assertEquals("a file", Files.readString(directory.resolve("data")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"upload-server", "consumer-server", "grpc-server"})
  void aDirectoryWithOtherThingsInItIsLeftAlone(String name) throws IOException {
    Path data = Files.createDirectory(directory.resolve("data"));
    Files.writeString(data.resolve("thesis.txt"), "years of work");
    assertTrue(refusal(name).contains("thesis.txt"));
    assertEquals(List.of(data.resolve("thesis.txt")), entries(data));
  }

  @ParameterizedTest
  @ValueSource(strings = {"upload-server", "consumer-server", "grpc-server"})
  void aDatabaseThatIsNotOursIsLeftAlone(String name) throws IOException {
    Path data = directory.resolve("data");
    if (name.equals("grpc-server")) {
      // It looks at its database only beside a catalog.
      makeCatalog();
    } else {
      Files.createDirectory(data);
    }
    Path file = data.resolve(name.equals("grpc-server") ? "consumers.db" : "catalog.db");
    sqlite(file, "CREATE TABLE songs (title TEXT)");
    byte[] before = Files.readAllBytes(file);
    assertTrue(refusal(name).contains(file.getFileName().toString()));
    assertEquals(Cluster.sha256(before), Cluster.sha256(Files.readAllBytes(file)));
  }

  @ParameterizedTest
  @CsvSource({
    "upload-server,   catalog.db",
    "consumer-server, catalog.db",
    "grpc-server,     catalog.db",
    "grpc-server,     consumers.db"
  })
  void aDataDirectoryOfANewerReleaseIsLeftAlone(String name, String database) {
    for (String maker : List.of("upload-server", "grpc-server")) {
      ServerUnderTest server = server(maker).launch().awaitReady();
      assertTrue(List.of(0, 143).contains(server.terminate(LIMIT)));
    }
    sqlite(directory.resolve("data").resolve(database), "PRAGMA user_version = 1000");
    String line = refusal(name);
    assertTrue(line.contains(database), line);
    assertTrue(line.contains("newer"), line);
    assertTrue(line.contains("1000"), line);
  }

  private static void sqlite(Path file, String statement) {
    Tools.run(
            Tools.python(),
            "-c",
            "import sqlite3, sys; sqlite3.connect(sys.argv[1],"
                + " isolation_level=None).execute(sys.argv[2])",
            file.toString(),
            statement)
        .mustSucceed();
  }

  @ParameterizedTest
  @ValueSource(strings = {"upload-server", "consumer-server", "grpc-server"})
  void aDataDirectoryThatMayNotBeReadIsNamedInOneLine(String name) throws IOException {
    Path data = Files.createDirectory(directory.resolve("data"));
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("---------"));
    try {
      // root reads everything, unless it has given that privilege up
      List<String> command = new ArrayList<>();
      if (System.getProperty("user.name").equals("root")) {
        command.addAll(
            List.of("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--"));
      }
      command.addAll(List.of(ServerUnderTest.java(), "-jar", ServerUnderTest.jar(name).toString()));
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().putAll(environment());
      Tools.Result result = Tools.run(LIMIT, builder);
      assertEquals(1, result.exitCode(), result.output());
      assertTrue(oneLine(result.output()).contains(data.toString()), result.output());
    } finally {
      Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx------"));
    }
  }

  /** Of each address family, in any spelling: nothing but loopback. */
  @Test
  void everySocketListensOnLoopbackUnlessTold() {
    for (String name : List.of("upload-server", "consumer-server", "grpc-server")) {
      ServerUnderTest server = server(name).launch().awaitReady();
      try {
        String sockets =
            Tools.run("lsof", "-nP", "-a", "-p", "" + server.pid(), "-iTCP", "-sTCP:LISTEN", "-Fn")
                .mustSucceed()
                .output();
        List<String> addresses = sockets.lines().filter(line -> line.startsWith("n")).toList();
        assertEquals(name.equals("grpc-server") ? 2 : 1, addresses.size(), sockets);
        addresses.forEach(address -> assertTrue(address.startsWith("n127.0.0.1:"), sockets));
      } finally {
        server.clear();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"upload-server", "consumer-server", "grpc-server"})
  void aServerThatHasNothingToDoGivesBackTheMemoryOfItsStart(String name) {
    ServerUnderTest server =
        new ServerUnderTest(
            name,
            directory.resolve(name),
            environment(),
            List.of("-XX:+UseG1GC", "-XX:InitialHeapSize=256m"));
    server.launch().awaitReady();
    try {
      Await.until(
          Duration.ofMinutes(1),
          () -> "a heap of less than 100 MiB, but " + server.jcmd("GC.heap_info"),
          () -> committedKib(server.jcmd("GC.heap_info")) < 100 << 10);
    } finally {
      server.clear();
    }
  }

  private static int committedKib(String heapInfo) {
    Matcher committed = Pattern.compile("committed (\\d+)K").matcher(heapInfo);
    assertTrue(committed.find(), heapInfo);
    return Integer.parseInt(committed.group(1));
  }

  @Test
  void aSecondWriterOfADataDirectoryIsRefused() {
    ServerUnderTest first = server("upload-server").launch().awaitReady();
    try {
      ServerUnderTest second =
          new ServerUnderTest(
              "upload-server", directory.resolve("second"), environment(), List.of());
      second.launch();
      assertEquals(1, second.awaitEnd(LIMIT), second::logText);
      assertTrue(oneLine(second.logText()).contains(directory.resolve("data").toString()));
      assertTrue(first.alive());
    } finally {
      first.clear();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"upload-server", "consumer-server", "grpc-server"})
  void aNormalStartIsOneLineWithoutAWordOfWarning(String name) {
    makeCatalog();
    ServerUnderTest server = server(name).launch().awaitReady();
    try {
      String log = server.logText();
      assertFalse(log.toLowerCase(java.util.Locale.ROOT).contains("warning"), log);
      assertEquals(1, log.lines().count(), log);
    } finally {
      server.clear();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"upload-server", "consumer-server", "grpc-server"})
  void anAddressThatOthersReachIsToldInOneWarning(String name) {
    makeCatalog();
    ServerUnderTest server = server(name, "BIND_ADDRESS", "0.0.0.0").launch().awaitReady();
    try {
      List<String> warnings =
          server.logText().lines().filter(line -> line.contains("level=warning")).toList();
      assertEquals(1, warnings.size(), server::logText);
      assertTrue(warnings.getFirst().contains("BIND_ADDRESS"), warnings::toString);
    } finally {
      server.clear();
    }
  }

  private static List<Path> entries(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.toList();
    }
  }
}
