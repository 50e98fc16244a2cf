package dev.controlplane.pprof.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Sends the requests of the table to a Go server, so that the table is what Go does. */
class GoItselfTest {
  private static Process server;
  private static InetSocketAddress address;
  private static String index;

  @BeforeAll
  static void start() throws IOException {
    Path program = Path.of("../../.tools/bin/pprofserver");
    assertTrue(Files.isExecutable(program), program + " is missing; install it with: bin/tools");
    server =
        new ProcessBuilder(program.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    int port = Integer.parseInt(server.inputReader(StandardCharsets.UTF_8).readLine());
    address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    index = Wire.get(port, "/debug/pprof/").text();
  }

  @AfterAll
  static void stop() throws InterruptedException {
    server.destroy();
    server.waitFor();
  }

  /** Go 1.26 has the profile of leaks only if it is built as an experiment. */
  static List<GoTable.Row> asGo() {
    return GoTable.asGo().stream()
        .filter(row -> !row.target().contains("goroutineleak") || index.contains("goroutineleak"))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("asGo")
  void goAnswersEachRequestAsTheTableSays(GoTable.Row row) throws IOException {
    row.check(Wire.send(address, row.method(), row.target(), ""));
  }

  @ParameterizedTest
  @CsvSource({
    "profile, Could not enable CPU profiling: cpu profiling already in use",
    "trace, Could not enable tracing: execution tracer already enabled"
  })
  void goRefusesASecondRecordingWithTheTextThatKindsUse(String name, String text)
      throws IOException {
    String target = "/debug/pprof/" + name + "?seconds=60";
    try (Socket one = Wire.open(address, "GET", target, "");
        Socket other = Wire.open(address, "GET", target, "")) {
      while (one.getInputStream().available() + other.getInputStream().available() == 0) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
      }
      Socket refused = one.getInputStream().available() > 0 ? one : other;
      Wire.Answer answer = Wire.read(refused, "GET");

      assertEquals(500, answer.status());
      assertEquals(text + "\n", answer.text());
    }
  }

  @Test
  void theIndexOfGoIsRenderedByteForByte() {
    String rendered = IndexPage.render(new TestKinds().profiles());

    assertEquals(frame(index), frame(rendered));
  }

  /** The page without its rows. */
  private static String frame(String page) {
    return page.replaceAll("(?m)^<(tr|li)>.*\n", "");
  }

  @Test
  void rowsOfTheIndexHaveTheFormOfGos() {
    String rendered = IndexPage.render(new TestKinds().profiles());
    for (String name : List.of("heap", "cmdline", "symbol")) {
      String row = "(?s).*(<tr><td>)\\d+(</td><td><a href='%s\\?debug=1'>%1$s</a></td></tr>\n).*";
      assertTrue(index.matches(row.formatted(name)), index);
      assertTrue(rendered.matches(row.formatted(name)), rendered);
    }
    for (String name : List.of("cmdline", "symbol")) {
      String start = "<li><div class=profile-name>" + name + ": </div> ";
      assertEquals(lineOf(index, start), lineOf(rendered, start));
    }
  }

  private static String lineOf(String page, String start) {
    return page.lines().filter(line -> line.startsWith(start)).findFirst().orElseThrow();
  }
}
