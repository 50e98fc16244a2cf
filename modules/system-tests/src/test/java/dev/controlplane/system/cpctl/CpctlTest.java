package dev.controlplane.system.cpctl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.controlplane.system.harness.AgentUnderTest;
import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Cpctl;
import dev.controlplane.system.harness.ServerUnderTest;
import dev.controlplane.system.harness.Tools;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real {@code cpctl} against the real servers. */
class CpctlTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PROGRAM = Tools.repository().resolve("bin/cpctl").toString();

  private static Cluster cluster;
  private static Cpctl cpctl;

  @BeforeAll
  static void startServers() {
    cluster = Cluster.start();
    cpctl = new Cpctl(cluster);
  }

  @AfterAll
  static void stopServers() {
    cluster.close();
  }

  private static Path file(String name, int size) throws IOException {
    byte[] bytes = new byte[size];
    new Random(name.hashCode()).nextBytes(bytes);
    return Files.write(cpctl.directory().resolve(name), bytes);
  }

  private static JsonNode json(Cpctl.Run run) throws IOException {
    assertEquals(0, run.code(), run::toString);
    assertEquals("", run.err());
    assertEquals(1, run.out().lines().count(), run::toString);
    return JSON.readTree(run.out());
  }

  private static List<String> files(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(Files::isRegularFile)
          .map(file -> directory.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  @Test
  void aVersionIsUploadedShownFetchedRolledBackAndDeleted() throws Exception {
    Path one = file("one.js", 1000);
    Path two = file("two.js", 2000);
    JsonNode first =
        json(cpctl.run("upload", "one.js", "--name", "life", "--version", "1", "--json"));
    assertTrue(first.path("created").asBoolean());
    JsonNode again =
        json(cpctl.run("upload", "one.js", "--name", "life", "--version", "1", "--json"));
    assertTrue(!again.path("created").asBoolean());
    assertEquals(first.path("revision"), again.path("revision"));

    Cpctl.Run conflict = cpctl.run("upload", "two.js", "--name", "life", "--version", "1");
    assertEquals(5, conflict.code(), conflict::toString);
    assertEquals(1, conflict.err().lines().count(), conflict::toString);

    json(cpctl.run("upload", "two.js", "--name", "life", "--version", "2", "--json"));
    assertEquals("2", json(cpctl.run("info", "life", "--json")).path("version").asText());
    assertEquals(0, cpctl.run("get", "life", "-o", "got").code());
    assertArrayEquals(
        Files.readAllBytes(two), Files.readAllBytes(cpctl.directory().resolve("got")));
    assertEquals(0, cpctl.run("get", "life", "--version", "1", "-o", "got").code());
    assertArrayEquals(
        Files.readAllBytes(one), Files.readAllBytes(cpctl.directory().resolve("got")));

    assertTrue(json(cpctl.run("rollback", "life", "1", "--json")).path("changed").asBoolean());
    Cpctl.Run already = cpctl.run("rollback", "life", "1");
    assertTrue(already.out().contains("the latest already"), already::toString);
    JsonNode versions = json(cpctl.run("versions", "life", "--json"));
    assertEquals("1", versions.path("latest").asText());
    assertEquals(2, versions.path("versions").size());

    json(cpctl.run("delete", "life", "1", "--json"));
    assertEquals("2", json(cpctl.run("info", "life", "--json")).path("version").asText());
    Cpctl.Run last = cpctl.run("delete", "life", "2");
    assertEquals(2, last.code(), last::toString);
    json(cpctl.run("delete", "life", "2", "--yes", "--json"));
    Cpctl.Run gone = cpctl.run("info", "life");
    assertEquals(4, gone.code(), gone::toString);
    assertEquals(1, gone.err().lines().count(), gone::toString);
  }

  @Test
  void aTerminalGetsWhatFitsItAndADialogue() throws Exception {
    cluster.published("terminal", "1", new byte[] {1});
    String jar = ServerUnderTest.java() + " -jar " + ServerUnderTest.jar("client");
    for (String program : List.of(PROGRAM, jar)) {
      String listing = onTerminal(40, "", program, "list", "--utc").out();
      assertTrue(
          listing.contains("\u001B[1mNAME\u001B[0m      terminal\r\n")
              && listing.contains("\u001B[1mLATEST\u001B[0m    1\r\n"),
          () -> program + " on 40 columns: " + listing);
    }
    String wide = onTerminal(200, "", PROGRAM, "versions", "terminal").out();
    assertTrue(wide.contains(Cluster.sha256(new byte[] {1})), () -> "200 columns: " + wide);
    String narrower = onTerminal(80, "", PROGRAM, "versions", "terminal").out();
    assertTrue(narrower.contains("…"), () -> "80 columns: " + narrower);

    Cpctl.Run no = onTerminal(80, "n\n", PROGRAM, "delete", "terminal", "1");
    assertTrue(no.out().contains("Delete? [y/N]"), no::toString);
    assertTrue(no.out().contains("nothing was deleted"), no::toString);
    assertEquals(1, no.code(), no::toString);
    Cpctl.Run yes = onTerminal(80, "y\n", PROGRAM, "delete", "terminal", "1");
    assertEquals(0, yes.code(), yes::toString);
    assertEquals(4, cpctl.run("info", "terminal").code());
  }

  /** Runs a command on a terminal of its own, as somebody who types this. */
  private static Cpctl.Run onTerminal(int columns, String typed, String... command)
      throws IOException {
    String line = "stty cols %d -echo; exec %s".formatted(columns, String.join(" ", command));
    Cpctl.Run run =
        new Cpctl(cluster)
            .with("TERM", "xterm")
            .instead("script", "-qec", line, "/dev/null")
            .start();
    try (OutputStream keyboard = run.process().getOutputStream()) {
      keyboard.write(typed.getBytes(StandardCharsets.UTF_8));
      keyboard.flush();
      return run.awaitEnd();
    }
  }

  @Test
  void aSubscriberSavesSmallAndLargeVersionsAndDropsDeletedOnes() throws Exception {
    Path small = file("small", 10);
    Path large = file("large", 3 * 1024 * 1024);
    Path empty = file("empty", 0);
    try (Cpctl.Run subscriber =
        cpctl.start(
            "subscribe",
            "--id",
            "saver",
            "--worker",
            "s",
            "l",
            "--save",
            "saved",
            "--count",
            "5",
            "--json")) {
      subscriber.awaitErr("subscribed to s, l");
      for (JsonNode consumer : json(cpctl.run("consumers", "--json")).path("consumers")) {
        if (consumer.path("consumer_id").asText().equals("saver")) {
          assertTrue(consumer.path("connected").asBoolean(), consumer::toString);
        }
      }
      cpctl.run("upload", "small", "--name", "s", "--version", "1");
      cpctl.run("upload", "small", "--name", "other", "--version", "1");
      cpctl.run("upload", "empty", "--name", "s", "--version", "2");
      cpctl.run("upload", "large", "--name", "l", "--version", "1");
      cpctl.run("rollback", "s", "1");
      cpctl.run("delete", "s", "2");
      assertEquals(0, subscriber.awaitEnd().code(), subscriber::toString);

      Path saved = cpctl.directory().resolve("saved");
      assertEquals(List.of("l/1", "s/1"), files(saved));
      assertArrayEquals(Files.readAllBytes(small), Files.readAllBytes(saved.resolve("s/1")));
      assertArrayEquals(Files.readAllBytes(large), Files.readAllBytes(saved.resolve("l/1")));
      List<JsonNode> updates = subscriber.out().lines().map(CpctlTest::parsed).toList();
      assertEquals(
          List.of("PUBLISHED", "PUBLISHED", "PUBLISHED", "ROLLED_BACK", "DELETED"),
          updates.stream().map(update -> update.path("kind").asText()).toList());
      assertEquals(
          List.of(true, true, false, true),
          updates.subList(0, 4).stream().map(update -> update.path("inline").asBoolean()).toList());
      assertEquals("saved/l/1", updates.get(2).path("saved").asText());
      assertEquals(empty.toFile().length(), updates.get(1).path("size").asLong());
    }
  }

  private static JsonNode parsed(String line) {
    try {
      return JSON.readTree(line);
    } catch (IOException e) {
      throw new AssertionError(line, e);
    }
  }

  @Test
  void aSubscriberComesBackAfterItsServerWasKilled() throws Exception {
    file("back", 100);
    try (Cpctl.Run subscriber =
        cpctl.start("subscribe", "--id", "returning", "--worker=back", "--count=2")) {
      subscriber.awaitErr("subscribed to back");
      cpctl.run("upload", "back", "--name", "back", "--version", "1");
      subscriber.awaitOut("back 1");
      cluster.grpc().killHard();
      subscriber.awaitErr("trying again");
      cluster.grpc().launch().awaitReady();
      Await.until(
          java.time.Duration.ofSeconds(60),
          subscriber::toString,
          () -> subscriber.err().split("subscribed to back", -1).length == 3);
      cpctl.run("upload", "back", "--name", "back", "--version", "2");
      assertEquals(0, subscriber.awaitEnd().code(), subscriber::toString);
      assertTrue(subscriber.out().contains("back 2"), subscriber::toString);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-rf", "a b?c#d%e;f", "100%25", "日本 ü", "..."})
  void aNameTravelsUnharmed(String name) throws Exception {
    Path file = file("named", 321);
    JsonNode answer =
        json(cpctl.run("upload", "named", "--name=" + name, "--version=" + name, "--json"));
    assertEquals(name, answer.path("metadata").path("filename").asText());
    JsonNode info = json(cpctl.run("info", "--json", "--", name));
    assertEquals(name, info.path("version").asText());
    Path directory = Files.createDirectories(cpctl.directory().resolve("named-files"));
    JsonNode got = json(cpctl.run("get", "--json", "-o", "named-files/" + name, "--", name));
    assertEquals(name, got.path("version").asText());
    assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(directory.resolve(name)));
    json(cpctl.run("delete", "--yes", "--json", "--", name, name));
  }

  @Test
  void whatIsLargerThanTheHeapIsStreamedBothWays() throws Exception {
    Path large = cpctl.directory().resolve("huge");
    try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
      file.setLength(200L * 1024 * 1024);
      file.seek(123_456_789);
      file.write(new byte[] {1, 2, 3});
    }
    Cpctl narrow = new Cpctl(cluster, "-Xmx32m");
    json(narrow.run("upload", large.toString(), "--name", "huge", "--version", "1", "--json"));
    json(narrow.run("get", "huge", "-o", "huge", "--json"));
    assertEquals(-1, Files.mismatch(large, narrow.directory().resolve("huge")));
  }

  @Test
  void aFileInADirectoryThatTakesNoNewOneIsWrittenInPlace() throws Exception {
    cluster.published("in place", "1", AgentUnderTest.bytes("new"));
    Cpctl unprivileged = new Cpctl(cluster);
    if (System.getProperty("user.name").equals("root")) {
      unprivileged.by("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--");
    }
    Path closed = Files.createDirectory(unprivileged.directory().resolve("closed"));
    Path file = Files.writeString(closed.resolve("file"), "old and longer");
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-x------"));
    try {
      Cpctl.Run get = unprivileged.run("get", "in place", "-o", file.toString());
      assertEquals(0, get.code(), get::toString);
      assertEquals("new", Files.readString(file));

      Cpctl.Run other =
          unprivileged.run("get", "in place", "-o", closed.resolve("other").toString());
      assertEquals(1, other.code(), other::toString);
      assertTrue(other.err().contains(closed + "/other: permission denied"), other::toString);
    } finally {
      Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
    }
  }

  @Test
  void aProxyThatIsNotThereIsNamed() {
    Cpctl proxied = new Cpctl(cluster).with("http_proxy", "http://127.0.0.1:1");
    for (Cpctl.Run run :
        List.of(
            proxied.run("list"),
            proxied.run("upload", "/dev/null", "--name", "w", "--version", "1"))) {
      assertEquals(3, run.code(), run::toString);
      assertTrue(
          run.err().contains("connection refused (through the proxy 127.0.0.1:1)"), run::toString);
    }
  }

  @Test
  void aFileOfProcIsSentWholeThoughItsSizeIsZero() throws Exception {
    Cpctl.Run upload = cpctl.run("upload", "/proc/version", "--name", "kernel", "--version", "1");
    assertEquals(0, upload.code(), upload::toString);
    assertEquals(Files.readString(Path.of("/proc/version")), cpctl.run("get", "kernel").out());
  }

  @Test
  void aBrokenDownloadIsTakenUpWhereItStopped() throws Exception {
    Path file = file("broken", 2 * 1024 * 1024);
    json(cpctl.run("upload", "broken", "--name", "broken", "--version", "1", "--json"));
    try (CuttingProxy proxy = new CuttingProxy(cluster.consumerUrl(), 700_000, 2)) {
      json(cpctl.run("get", "broken", "-o", "mended", "--json", "--consumer-url", proxy.url()));
      assertEquals(3, proxy.connections());
    }
    assertEquals(-1, Files.mismatch(file, cpctl.directory().resolve("mended")));
  }

  @Test
  void watchShowsWhatIsLatestAndThenWhatHappensAcrossARestart() throws Exception {
    cluster.published("watched", "1", new byte[] {1});
    cluster.published("watched", "2", new byte[] {2});
    try (Cpctl.Run watch = cpctl.start("watch", "--id", "watcher", "--worker=watched", "--json")) {
      watch.awaitOut("SYNCED");
      cluster.published("watched", "3", new byte[] {3});
      watch.awaitOut("\"3\"");
      cluster.grpc().killHard();
      cluster.rolledBack("watched", "1");
      cluster.grpc().launch().awaitReady();
      watch.awaitOut("ROLLED_BACK");
      List<JsonNode> shown = watch.out().lines().map(CpctlTest::parsed).toList();
      assertEquals(
          List.of("PUBLISHED 2", "SYNCED ", "PUBLISHED 3", "ROLLED_BACK 1"),
          shown.stream()
              .map(line -> line.path("kind").asText() + ' ' + line.path("version").asText())
              .toList());
    }
  }

  @Test
  void eventsListsTheLogAndGoesOnWithWhatHappens() throws Exception {
    long before = cluster.published("logged", "1", new byte[] {1});
    cluster.published("logged", "2", new byte[] {2});
    cluster.deleted("logged", "2");
    String since = String.valueOf(before);
    try (Cpctl.Run events =
        cpctl.start("events", "--since", since, "--worker", "logged", "--follow", "--json")) {
      events.awaitOut("deleted");
      cluster.rolledBack("logged", "1");
      cluster.published("logged", "3", new byte[] {3});
      events.awaitOut("\"3\"");
      assertEquals(
          List.of("published 2", "deleted 2", "published 3"),
          events
              .out()
              .lines()
              .map(CpctlTest::parsed)
              .map(line -> line.path("kind").asText() + ' ' + line.path("version").asText())
              .toList());
    }
    Cpctl.Run lately = cpctl.run("events", "--since", "1h", "--worker", "logged");
    assertEquals(4, lately.out().lines().count(), lately::toString);
  }

  @Test
  void anUnknownHostIsToldWithoutAStackTraceOfALibrary() {
    Cpctl.Run watch = cpctl.run("watch", "--grpc", "no-such-host.invalid:1", "--timeout", "PT1.5S");
    assertEquals(3, watch.code(), watch::toString);
    assertTrue(watch.err().contains("unknown host"), watch::toString);
    assertTrue(watch.err().lines().allMatch(line -> line.startsWith("cpctl: ")), watch::toString);
  }

  @Test
  void anInterruptedSubscriberEndsQuicklyAndQuietly() {
    try (Cpctl.Run subscriber = cpctl.start("subscribe", "--id", "ended")) {
      subscriber.awaitErr("subscribed to all workers");
      subscriber.process().destroy();
      assertEquals(143, subscriber.awaitEnd().code());
      assertEquals("", subscriber.out());
      assertEquals(1, subscriber.err().lines().count(), subscriber::toString);
    }
  }
}
