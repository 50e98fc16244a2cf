package dev.controlplane.pprof.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The endpoint without a server. */
class PprofEndpointTest {
  private final TestKinds kinds = new TestKinds();

  /** A request whose connection no table of the kernel has. */
  private static final class Request implements Exchange {
    private final String path;
    private final String query;
    private final Map<String, String> headers = new TreeMap<>();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private int status;
    private String prefix = "";
    private InetAddress from = InetAddress.getLoopbackAddress();

    private Request(String target) {
      int question = target.indexOf('?');
      this.path = question < 0 ? target : target.substring(0, question);
      this.query = question < 0 ? "" : target.substring(question + 1);
    }

    @Override
    public String method() {
      return "GET";
    }

    @Override
    public String rawPath() {
      return path;
    }

    @Override
    public String rawQuery() {
      return query;
    }

    @Override
    public String prefix() {
      return prefix;
    }

    @Override
    public Optional<String> header(String name) {
      return Optional.empty();
    }

    @Override
    public InetSocketAddress peer() {
      return new InetSocketAddress(from, 1);
    }

    @Override
    public int localPort() {
      return 1;
    }

    @Override
    public InputStream body() {
      return InputStream.nullInputStream();
    }

    @Override
    public void setHeader(String name, String value) {
      headers.put(name, value);
    }

    @Override
    public OutputStream respond(int code, long length) {
      assertEquals(0, status, "answered once");
      status = code;
      return body;
    }
  }

  private Request serve(String target) throws IOException {
    Request request = new Request(target);
    assertTrue(PprofEndpoint.create(kinds.profiles()).serve(request));
    return request;
  }

  @ParameterizedTest
  @CsvSource({
    "profile, 30, s",
    "profile?seconds=, 30, s",
    "profile?seconds=0, 30, s",
    "profile?seconds=-5, 30, s",
    "profile?seconds=abc, 30, s",
    "profile?seconds=1.5, 30, s",
    "profile?seconds=99999999999999999999, 30, s",
    "profile?seconds=7, 7, s",
    "profile?seconds=%2B7, 7, s",
    "trace, 1000, ms",
    "trace?seconds=0, 1000, ms",
    "trace?seconds=-1, 1000, ms",
    "trace?seconds=abc, 1000, ms",
    "trace?seconds=1e400, 1000, ms",
    "trace?seconds=NaN, 1000, ms",
    "trace?seconds=2d, 1000, ms",
    "trace?seconds=0.5, 500, ms",
    "trace?seconds=.5, 500, ms",
    "trace?seconds=1e1, 10000, ms",
    "trace?seconds=1_0.2_5, 10250, ms",
    "trace?seconds=0x1p-1, 500, ms"
  })
  void secondsOfARecordingAreReadAsGoReadsThem(String name, long time, String unit)
      throws IOException {
    Request request = serve("/debug/pprof/" + name + (name.contains("?") ? "&" : "?") + "now=1");

    assertEquals(200, request.status);
    assertEquals(
        List.of(unit.equals("s") ? Duration.ofSeconds(time) : Duration.ofMillis(time)),
        kinds.asked());
  }

  @Test
  void timesBeyondACenturyAreCapped() throws IOException {
    serve("/debug/pprof/profile?now=1&seconds=" + Long.MAX_VALUE);
    serve("/debug/pprof/trace?now=1&seconds=1e300");

    for (Duration asked : kinds.asked()) {
      assertTrue(asked.toDays() > 36_000, asked.toString());
      assertTrue(asked.toNanos() > 0, asked.toString());
    }
  }

  @Test
  void aClientThatNoTableShowsCountsAsConnected() throws IOException {
    assertEquals(200, serve("/debug/pprof/heap?seconds=3").status);
  }

  @Test
  void fromAnotherAddressARequestIsRefused() throws IOException {
    Request request = new Request("/debug/pprof/");
    request.from = InetAddress.getByAddress(new byte[] {10, 0, 0, 1});
    assertTrue(PprofEndpoint.create(kinds.profiles()).serve(request));

    assertEquals(403, request.status);
    assertEquals("1", request.headers.get("X-Go-Pprof"));
  }

  @Test
  void whatIsNotBelowDebugPprofIsNotTouched() throws IOException {
    PprofEndpoint endpoint = PprofEndpoint.create(kinds.profiles());
    for (String path :
        List.of("/", "/debug", "/debug/pprofx", "/debug/pprof/../x", "/a/debug/pprof/")) {
      Request request = new Request(path);
      assertFalse(endpoint.serve(request), path);
      assertEquals(0, request.status);
      assertEquals(Map.of(), request.headers);
    }
  }

  @Test
  void aRedirectKeepsThePrefixOfTheApplication() throws IOException {
    Request request = new Request("/debug/pprof?x=1");
    request.prefix = "/app";
    assertTrue(PprofEndpoint.create(kinds.profiles()).serve(request));

    assertEquals("/app/debug/pprof/?x=1", request.headers.get("Location"));
  }

  @Test
  void aKindThatIsAddedLaterIsServed() throws IOException {
    PprofEndpoint endpoint = PprofEndpoint.create(kinds.profiles());
    kinds.profiles().add(new TestKinds.Fixed("late", false));
    Request request = new Request("/debug/pprof/late");
    assertTrue(endpoint.serve(request));

    assertEquals(200, request.status);
    assertEquals("attachment; filename=\"late\"", request.headers.get("Content-Disposition"));
  }

  @ParameterizedTest
  @CsvSource({"0", "-1", "1001"})
  void aLimitOutOfRangeIsAnErrorThatSaysWhatIsExpected(int most) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> PprofEndpoint.builder(kinds.profiles()).maxRequests(most));
    assertTrue(e.getMessage().contains("1 to 1000"), e.getMessage());
  }
}
