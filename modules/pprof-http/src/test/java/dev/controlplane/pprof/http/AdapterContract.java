package dev.controlplane.pprof.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every adapter must do: the table of {@code TestHandlers} in Go's {@code
 * net/http/pprof/pprof_test.go}, with the answers of a Go 1.26.8 server on {@code net/http}'s mux
 * to every other request that differs in anything. {@code GoItselfTest} sends the same requests to
 * a Go server.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class AdapterContract {
  private final TestKinds kinds = new TestKinds();
  private PprofEndpoint endpoint;
  private InetSocketAddress address;

  /**
   * Starts a server on a free port of loopback. It answers {@code the user's} to every request that
   * the endpoint leaves to it.
   *
   * @return the port
   */
  protected abstract int start(PprofEndpoint endpoint) throws Exception;

  /** Stops the server. */
  protected abstract void stop() throws Exception;

  @BeforeAll
  final void startServer() throws Exception {
    endpoint = PprofEndpoint.create(kinds.profiles());
    int port = start(endpoint);
    address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  @AfterAll
  final void stopServer() throws Exception {
    stop();
  }

  static List<GoTable.Row> asGo() {
    return GoTable.asGo();
  }

  static List<GoTable.Row> differences() {
    return GoTable.differences();
  }

  @ParameterizedTest
  @MethodSource("asGo")
  void eachRequestIsAnsweredAsGoAnswersIt(GoTable.Row row) throws IOException {
    check(row);
  }

  @ParameterizedTest
  @MethodSource("differences")
  void whatGoHasNoCaseOfIsAnsweredInItsStyle(GoTable.Row row) throws IOException {
    check(row);
  }

  private void check(GoTable.Row row) throws IOException {
    Wire.Answer answer = send(row.method(), row.target());

    row.check(answer);
    assertEquals("nosniff", answer.header("X-Content-Type-Options"));
    if (row.status() == 405) {
      String allowed = row.target().endsWith("/symbol") ? "GET, HEAD, POST" : "GET, HEAD";
      assertEquals(allowed, answer.header("Allow"));
    }
    if (row.status() == 307) {
      String body = send("GET", row.target()).text();
      String location = body.substring(body.indexOf('"') + 1, body.lastIndexOf('"'));
      assertEquals(location.replace("&amp;", "&"), answer.header("Location"));
    }
    if (row.method().equals("HEAD") && row.status() != 307) {
      assertTrue(Long.parseLong(answer.header("Content-Length")) > 0);
    }
  }

  @Test
  void whatIsNotBelowDebugPprofIsLeftToTheServersRoutes() {
    for (String target :
        List.of("/debug/pprofx", "/debug", "/debug%2Fpprof/", "/", "/x/debug/pprof/")) {
      assertEquals("the user's", send("GET", target).text(), target);
    }
  }

  @Test
  void theIndexHasARowAndADescriptionForEachKind() {
    String page = send("GET", "/debug/pprof/").text();

    assertTrue(page.contains("<tr><td>7</td><td><a href='heap?debug=1'>heap</a></td></tr>\n"));
    assertTrue(
        page.contains("<li><div class=profile-name>heap: </div> A &lt;fixed&gt; profile</li>\n"));
    List<String> names =
        Pattern.compile("href='([^?]+)\\?debug=1'")
            .matcher(page)
            .results()
            .map(found -> found.group(1))
            .toList();
    assertEquals(names.stream().sorted().toList(), names);
    assertTrue(names.containsAll(TestKinds.COLLECTED), page);
    assertTrue(names.containsAll(List.of("cmdline", "profile", "symbol", "trace")), page);
  }

  @Test
  void symbolNamesTheAddressesOfATextProfileAndThoseJustBefore() {
    String counts = send("GET", "/debug/pprof/goroutine?debug=1").text();
    String line =
        counts.lines().filter(l -> l.startsWith("#\t0x") && l.contains("+0x")).findFirst().get();
    long pc = Long.decode(line.split("\t+", -1)[1]);
    String name = line.split("\t+", -1)[2].replaceFirst("\\+0x.*", "");

    String words = "0x%x+%d+0+nonsense+0x%x+0xffffffffffffffff".formatted(pc, pc, pc + 1);
    String named =
        "num_symbols: 1\n0x%x %s\n0x%x %s\n0x%x %s\n".formatted(pc, name, pc, name, pc + 1, name);
    assertEquals(named, send("GET", "/debug/pprof/symbol?" + words).text());
    assertEquals(named, Wire.send(address, "POST", "/debug/pprof/symbol", words).text());
  }

  @Test
  void aRecordingIsRefusedWhileOneRunsAndEndsWithItsClient() throws IOException {
    for (String target :
        List.of("/debug/pprof/profile?seconds=600", "/debug/pprof/trace?seconds=600")) {
      String inUse =
          target.contains("trace")
              ? "Could not enable tracing: execution tracer already enabled\n"
              : "Could not enable CPU profiling: cpu profiling already in use\n";
      try (Socket first = Wire.open(address, "GET", target, "")) {
        await(kinds::isRecording);

        Wire.Answer second = send("GET", target);
        assertEquals(500, second.status());
        assertEquals(inUse, second.text());
        assertEquals("1", second.header("X-Go-Pprof"));
        assertEquals("", second.header("Content-Disposition"));
        assertEquals(500, send("HEAD", target).status());
        assertTrue(kinds.isRecording() && first.isConnected(), "the first one goes on");
      }
      await(() -> !kinds.isRecording());
      assertEquals(200, send("GET", target.replace("600", "1")).status());
    }
  }

  @Test
  void anAnswerThatFailsInItsMiddleIsNotCompleted() {
    assertThrows(
        UncheckedIOException.class,
        () -> send("GET", "/debug/pprof/" + TestKinds.BROKEN + "?debug=2"));
    assertEquals(200, send("GET", "/debug/pprof/heap").status());
  }

  @Test
  void aDeltaWhoseClientHasLeftIsForgotten() throws IOException {
    Socket client = Wire.open(address, "GET", "/debug/pprof/goroutine?seconds=600", "");
    await(() -> endpoint.waitingDeltas() == 1);
    client.close();
    await(() -> endpoint.waitingDeltas() == 0);
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "after 30 s");
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  private Wire.Answer send(String method, String target) {
    return Wire.send(address, method, target, "");
  }
}
