package dev.controlplane.pprof.observe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpRouting;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of {@code TestHandlers} in Go's {@code net/http/pprof/pprof_test.go}, with the answers
 * of a Go 1.26.8 server on {@code net/http}'s mux to every other request that differs in anything.
 * Rows for profiles that are not served here are as Go answers for names that it doesn't know.
 */
class GoHandlersTest {
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String HTML = "text/html; charset=utf-8";
  private static final String BINARY = "application/octet-stream";
  private static final String GOROUTINE = "attachment; filename=\"goroutine\"";
  private static final String DELTA = "attachment; filename=\"goroutine-delta\"";
  private static final String UNKNOWN = "Unknown profile\n";
  private static final String NO_SECONDS =
      "invalid value for \"seconds\" - must be a positive integer\n";
  private static final String SECONDS_AND_DEBUG = "seconds and debug params are incompatible\n";

  private static WebServer server;

  @BeforeAll
  static void start() {
    server =
        WebServerConfig.builder()
            .address(InetAddress.getLoopbackAddress())
            .port(0)
            .featuresDiscoverServices(false)
            .addFeature(PprofFeature.create(PprofSettings.defaults()))
            .routing(HttpRouting.builder().any((request, response) -> response.send("the user's")))
            .build()
            .start();
  }

  @AfterAll
  static void stop() {
    server.stop();
  }

  /** What a body must be like. */
  enum Body {
    GZIP,
    COUNTS,
    STACKS,
    ANY
  }

  record Row(
      String method, String target, int status, String type, String disposition, Object body) {
    static Row get(String target, int status, String type, String disposition, Object body) {
      return new Row("GET", target, status, type, disposition, body);
    }

    static Row unknown(String target) {
      return get(target, 404, TEXT, "", UNKNOWN);
    }

    static Row wrong(String target, String text) {
      return get(target, 400, TEXT, "", text);
    }

    static Row notAllowed(String method, String target) {
      return new Row(method, target, 405, TEXT, "", "Method Not Allowed\n");
    }

    static Row head(String target, int status, String type, String disposition) {
      return new Row("HEAD", target, status, type, disposition, "");
    }

    static Row redirect(String target, String location) {
      return get(
          target,
          307,
          HTML,
          "",
          "<a href=\"" + location.replace("&", "&amp;") + "\">Temporary Redirect</a>.\n\n");
    }

    @Override
    public String toString() {
      return method + " " + target;
    }
  }

  static List<Row> table() {
    String root = "/debug/pprof/";
    String goroutine = root + "goroutine";
    return List.of(
        // The rows of Go's own test.
        Row.unknown(root + "%3Cscript%3Escripty%3Cscript%3E"),
        Row.unknown(root + "heap"),
        Row.unknown(root + "heap?debug=1"),
        Row.get(root + "cmdline", 200, TEXT, "", Body.ANY),
        Row.unknown(root + "profile?seconds=1"),
        Row.get(root + "symbol", 200, TEXT, "", "num_symbols: 1\n"),
        Row.unknown(root + "trace"),
        Row.unknown(root + "mutex"),
        Row.unknown(root + "block?seconds=1"),
        Row.get(goroutine + "?seconds=1", 200, BINARY, DELTA, Body.GZIP),
        Row.get(root, 200, HTML, "", Body.ANY),

        // Names.
        Row.unknown(root + "nosuch"),
        Row.unknown(root + "nosuch?seconds=abc"),
        Row.unknown(root + "Goroutine"),
        Row.unknown(root + "goroutine/"),
        Row.unknown(root + "goroutine/x"),
        Row.unknown(root + "goroutine%2Fx"),
        Row.unknown(root + "cmdline/"),
        Row.unknown(root + "index"),
        Row.unknown(root + "threadcreate"),
        Row.unknown(root + "allocs"),
        Row.get(root + "%67oroutine?debug=1", 200, TEXT, "", Body.COUNTS),

        // The mux: redirects and methods.
        Row.redirect("/debug/pprof", "/debug/pprof/"),
        Row.redirect("/debug/pprof?x=1&y=2", "/debug/pprof/?x=1&y=2"),
        Row.redirect("/debug/pprof//goroutine", "/debug/pprof/goroutine"),
        Row.redirect("/debug/pprof/../pprof/goroutine", "/debug/pprof/goroutine"),
        Row.redirect("/debug/pprof/./goroutine?debug=1", "/debug/pprof/goroutine?debug=1"),
        Row.head("/debug/pprof", 307, HTML, ""),
        Row.notAllowed("POST", "/debug/pprof"),
        Row.notAllowed("POST", root),
        Row.notAllowed("DELETE", goroutine),
        Row.notAllowed("OPTIONS", goroutine),
        Row.notAllowed("PUT", root + "cmdline"),
        Row.notAllowed("POST", root + "nosuch"),
        Row.notAllowed("BREW", root),
        Row.notAllowed("DELETE", root + "symbol"),
        Row.head(root, 200, HTML, ""),
        Row.head(goroutine, 200, BINARY, GOROUTINE),
        Row.head(goroutine + "?debug=1", 200, TEXT, ""),
        Row.head(goroutine + "?debug=2", 200, TEXT, ""),
        Row.head(goroutine + "?seconds=1", 200, BINARY, DELTA),
        Row.head(root + "cmdline", 200, TEXT, ""),
        Row.head(root + "symbol", 200, TEXT, ""),
        Row.head(root + "nosuch", 404, TEXT, ""),

        // debug, read by Atoi.
        Row.get(goroutine, 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?debug=0", 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?debug=1", 200, TEXT, "", Body.COUNTS),
        Row.get(goroutine + "?debug=01", 200, TEXT, "", Body.COUNTS),
        Row.get(goroutine + "?debug=%2B1", 200, TEXT, "", Body.COUNTS),
        Row.get(goroutine + "?debug=1&debug=2", 200, TEXT, "", Body.COUNTS),
        Row.get(goroutine + "?debug=2", 200, TEXT, "", Body.STACKS),
        Row.get(goroutine + "?debug=4", 200, TEXT, "", Body.STACKS),
        Row.get(goroutine + "?debug=99999999999999999999", 200, TEXT, "", Body.STACKS),
        Row.get(goroutine + "?debug=-1", 200, TEXT, "", Body.GZIP),
        Row.get(goroutine + "?debug=-99999999999999999999", 200, TEXT, "", Body.GZIP),
        Row.get(goroutine + "?debug=+1", 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?debug=0x2", 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?debug=1_0", 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?debug=abc", 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?debug=", 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?debug=2;x=1", 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?DEBUG=1", 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?gc=1", 200, BINARY, GOROUTINE, Body.GZIP),

        // seconds, and the order of checks.
        Row.wrong(goroutine + "?seconds=0", NO_SECONDS),
        Row.wrong(goroutine + "?seconds=-1", NO_SECONDS),
        Row.wrong(goroutine + "?seconds=abc", NO_SECONDS),
        Row.wrong(goroutine + "?seconds=1.5", NO_SECONDS),
        Row.wrong(goroutine + "?seconds=9223372036854775808", NO_SECONDS),
        Row.wrong(goroutine + "?seconds=0&debug=1", NO_SECONDS),
        Row.wrong(goroutine + "?seconds=1&debug=1", SECONDS_AND_DEBUG),
        Row.wrong(goroutine + "?seconds=1&debug=-1", SECONDS_AND_DEBUG),
        Row.wrong(goroutine + "?seconds=1&debug=3", SECONDS_AND_DEBUG),
        Row.get(goroutine + "?seconds=%2B1&debug=abc", 200, BINARY, DELTA, Body.GZIP),
        Row.get(goroutine + "?seconds=", 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?seconds=&debug=1", 200, TEXT, "", Body.COUNTS),

        // Where we differ from Go: POST on symbol, debug=3, parameters of our own.
        new Row("POST", root + "symbol", 200, TEXT, "", "num_symbols: 1\n"),
        Row.get(goroutine + "?debug=3", 200, BINARY, GOROUTINE, Body.GZIP),
        Row.get(goroutine + "?debug=1&source=live", 200, TEXT, "", Body.COUNTS),
        Row.get(goroutine + "?debug=1&source=hotspot", 200, TEXT, "", Body.COUNTS),
        Row.get(goroutine + "?debug=1&labels=0", 200, TEXT, "", Body.COUNTS),
        Row.get(goroutine + "?debug=2&compat=panicparse", 200, TEXT, "", Body.STACKS),
        Row.wrong(
            goroutine + "?source=guess",
            "invalid value for \"source\" - must be auto, live or hotspot\n"),
        Row.wrong(goroutine + "?labels=some", "invalid value for \"labels\" - must be 0 or 1\n"),
        Row.wrong(
            goroutine + "?debug=2&compat=perl",
            "invalid value for \"compat\" - must be panicparse\n"));
  }

  @ParameterizedTest
  @MethodSource("table")
  void eachRequestIsAnsweredAsGoAnswersIt(Row row) throws IOException {
    Wire.Answer answer = send(row.method, row.target);

    assertEquals(row.status, answer.status());
    assertEquals("nosniff", answer.header("X-Content-Type-Options"));
    assertEquals(row.type, answer.header("Content-Type"));
    assertEquals(row.disposition, answer.header("Content-Disposition"));
    boolean serveError = row.status == 404 || row.status == 400;
    assertEquals(serveError ? "1" : "", answer.header("X-Go-Pprof"));
    switch (row.body) {
      case Body.GZIP -> assertTrue(gunzip(answer.body()).length > 0);
      case Body.COUNTS -> assertTrue(answer.text().startsWith("goroutine profile: total "));
      case Body.STACKS -> assertTrue(answer.text().startsWith("goroutine "), answer.text());
      case String text -> assertEquals(text, answer.text());
      default -> assertTrue(answer.body().length > 0);
    }
    if (row.status == 405) {
      String allowed = row.target.endsWith("/symbol") ? "GET, HEAD, POST" : "GET, HEAD";
      assertEquals(allowed, answer.header("Allow"));
    }
    if (row.status == 307) {
      String body = send("GET", row.target).text();
      String location = body.substring(body.indexOf('"') + 1, body.lastIndexOf('"'));
      assertEquals(location.replace("&amp;", "&"), answer.header("Location"));
    }
    if (row.method.equals("HEAD") && row.status != 307) {
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
  void theIndexIsGosWithTheProfilesThatAreServed() {
    String page = send("GET", "/debug/pprof/").text();

    String go =
        """
        <html>
        <head>
        <title>/debug/pprof/</title>
        <style>
        .profile-name{
        \tdisplay:inline-block;
        \twidth:6rem;
        }
        </style>
        </head>
        <body>
        /debug/pprof/
        <br>
        <p>Set debug=1 as a query parameter to export in legacy text format</p>
        <br>
        Types of profiles available:
        <table>
        <thead><td>Count</td><td>Profile</td></thead>
        <tr><td>0</td><td><a href='cmdline?debug=1'>cmdline</a></td></tr>
        <tr><td>N</td><td><a href='goroutine?debug=1'>goroutine</a></td></tr>
        <tr><td>0</td><td><a href='symbol?debug=1'>symbol</a></td></tr>
        </table>
        <a href="goroutine?debug=2">full goroutine stack dump</a>
        <br>
        <p>
        Profile Descriptions:
        <ul>
        <li><div class=profile-name>cmdline: </div> The command line invocation of the current program</li>
        <li><div class=profile-name>goroutine: </div> Stack traces of all current goroutines. Use debug=2 as a query parameter to export in the same format as an unrecovered panic.</li>
        <li><div class=profile-name>symbol: </div> Maps given program counters to function names. Counters can be specified in a GET raw query or POST body, multiple counters are separated by &#39;+&#39;.</li>
        </ul>
        </p>
        </body>
        </html>\
        """;
    assertEquals(go, page.replaceFirst("<td>[1-9]\\d*</td>", "<td>N</td>"));
  }

  @Test
  void theCommandLineIsTheKernelsWithoutTheLastNul() throws IOException {
    byte[] kernel = Files.readAllBytes(Path.of("/proc/self/cmdline"));

    assertArrayEquals(
        Arrays.copyOf(kernel, kernel.length - 1), send("GET", "/debug/pprof/cmdline").body());
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
    assertEquals(named, Wire.send(address(), "POST", "/debug/pprof/symbol", words).text());
  }

  private static Wire.Answer send(String method, String target) {
    return Wire.send(address(), method, target, "");
  }

  private static InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port());
  }

  private static byte[] gunzip(byte[] body) throws IOException {
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
      return in.readAllBytes();
    }
  }
}
