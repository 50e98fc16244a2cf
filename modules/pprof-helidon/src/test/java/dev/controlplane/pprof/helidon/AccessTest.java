package dev.controlplane.pprof.helidon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.http.Access;
import dev.controlplane.pprof.http.PprofEndpoint;
import dev.controlplane.pprof.http.Wire;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may read profiles, and where. */
class AccessTest {
  private static final String INDEX = "/debug/pprof/";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost:8080",
        "LOCALHOST",
        "127.0.0.1:8080",
        "127.0.0.1",
        "[::1]:8080",
        "upload-server:8080",
        "me.localhost:8080",
        "10.0.0.1:8080"
      })
  void fromThisMachineProfilesAreThere(String host) {
    try (TestServer server = TestServer.start(TestServer.access(Access.LOOPBACK))) {
      assertEquals(200, server.get(INDEX, "Host: " + host).status());
    }
  }

  @Test
  void aNameThatAStrangerCouldPointToThisMachineIsRefused() {
    try (TestServer server = TestServer.start(TestServer.access(Access.LOOPBACK))) {
      for (String host : new String[] {"evil.example:8080", "127.0.0.1.evil.example", "a.b."}) {
        Wire.Answer answer = server.get(INDEX, "Host: " + host);
        assertEquals(403, answer.status(), host);
        assertTrue(answer.text().startsWith("pprof: loopback only"), answer.text());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "cross-site, no-cors, 403",
    "cross-site, cors, 403",
    "same-site, no-cors, 403",
    "cross-site, navigate, 200",
    "same-origin, cors, 200",
    "none, navigate, 200"
  })
  void aPageOfAnotherSiteCanLinkButNotLoad(String site, String mode, int status) {
    try (TestServer server = TestServer.start(TestServer.access(Access.LOOPBACK))) {
      assertEquals(
          status, server.get(INDEX, "Sec-Fetch-Site: " + site, "Sec-Fetch-Mode: " + mode).status());
    }
  }

  @Test
  void fromAnotherAddressEverythingIsRefusedWhateverHeadersSay() throws IOException {
    InetAddress outside = InetAddress.getByAddress(new byte[] {0, 0, 0, 0});
    InetAddress own =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
            .findFirst()
            .orElse(null);
    assertNotNull(
        own, "this test needs an address besides loopback: ip addr add 192.0.2.1/32 dev lo");
    try (TestServer server = TestServer.start(TestServer.access(Access.LOOPBACK), outside)) {
      InetSocketAddress address = new InetSocketAddress(own, server.server().port());
      for (String target : new String[] {INDEX, INDEX + "nosuch", "/debug/pprof"}) {
        Wire.Answer answer =
            Wire.send(
                address, "GET", target, "", "X-Forwarded-For: 127.0.0.1", "Forwarded: for=::1");
        assertEquals(403, answer.status(), target);
        assertEquals("pprof: loopback only\n", answer.text());
        assertEquals("1", answer.header("X-Go-Pprof"));
        assertEquals("nosniff", answer.header("X-Content-Type-Options"));
      }
      assertEquals(404, Wire.send(address, "GET", "/", "").status());
    }
    try (TestServer server = TestServer.start(TestServer.access(Access.ALL), outside)) {
      InetSocketAddress address = new InetSocketAddress(own, server.server().port());
      assertEquals(200, Wire.send(address, "GET", INDEX, "", "Host: evil.example").status());
    }
  }

  @Test
  void anIpv4AddressMappedIntoIpv6IsJudgedAsIpv4() throws IOException {
    byte[] mapped = new byte[16];
    mapped[10] = mapped[11] = (byte) 0xff;
    mapped[12] = 127;
    mapped[15] = 1;
    try (TestServer server =
        TestServer.start(
            TestServer.access(Access.LOOPBACK), InetAddress.getByAddress(new byte[16]))) {
      InetSocketAddress address =
          new InetSocketAddress(InetAddress.getByAddress(mapped), server.server().port());
      assertEquals(200, Wire.send(address, "GET", INDEX, "").status());
    }
  }

  @Test
  void withAccessOffThePathsAreTheUsers() {
    try (TestServer server = TestServer.start(TestServer.access(Access.OFF))) {
      assertEquals(404, server.get(INDEX).status());
      assertEquals("the user's", server.get(INDEX).text());
    }
  }

  @Test
  void theTokenIsTakenAsBearerAndAsBasicPasswordAndNowhereElse() {
    try (TestServer server = TestServer.start(token("s3cret:ü"))) {
      Wire.Answer refused = server.get(INDEX);
      assertEquals(401, refused.status());
      assertEquals(
          "Bearer realm=\"pprof\", Basic realm=\"pprof\"", refused.header("WWW-Authenticate"));
      assertEquals("1", refused.header("X-Go-Pprof"));

      assertEquals(200, server.get(INDEX, basic("anyone:s3cret:ü")).status());
      assertEquals(200, server.get(INDEX, basic(":s3cret:ü")).status());
      assertEquals(401, server.get(INDEX, basic("s3cret:ü:")).status());
      assertEquals(401, server.get(INDEX, "Authorization: Basic !!!").status());
      assertEquals(401, server.get(INDEX, "Authorization: Bearer").status());
      assertEquals(401, server.get(INDEX, "Authorization: Bearer s3cret").status());
      assertEquals(401, server.get(INDEX + "?token=s3cret:%C3%BC").status());
    }
    try (TestServer server = TestServer.start(token("s3cret"))) {
      assertEquals(200, server.get(INDEX, "Authorization: Bearer s3cret").status());
      assertEquals(200, server.get(INDEX, "Authorization: bearer  s3cret").status());
      assertEquals(401, server.get(INDEX, "Authorization: Bearer s3cret2").status());
    }
  }

  private static String basic(String userAndPassword) {
    return "Authorization: Basic "
        + Base64.getEncoder().encodeToString(userAndPassword.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void tokenAccessWithoutATokenIsAnErrorThatNamesTheSetting() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> TestServer.options().access(Access.TOKEN).token(" ").build());
    assertTrue(e.getMessage().contains("PPROF_TOKEN"), e.getMessage());
  }

  @Test
  void aSocketOfItsOwnServesProfilesAndTheServersSocketDoesNot() {
    PprofEndpoint endpoint = TestServer.options().build();
    try (TestServer server =
        TestServer.start(
            endpoint,
            PprofFeature.builder(endpoint).address("127.0.0.1:0").build(),
            InetAddress.getLoopbackAddress())) {
      InetSocketAddress own = server.feature().ownSocket().orElseThrow();
      assertEquals(200, Wire.send(own, "GET", INDEX, "").status());
      assertEquals(404, Wire.send(own, "GET", "/", "").status());
      assertEquals("the user's", server.get(INDEX).text());
    }
  }

  @Test
  void aTakenAddressIsSaidClearlyBeforeTheServerStarts() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      IllegalStateException e = assertThrows(IllegalStateException.class, () -> at(address));
      assertTrue(e.getMessage().contains(address), e.getMessage());
      assertTrue(e.getMessage().contains("PPROF_ADDRESS"), e.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"6060", "localhost", "localhost:", "localhost:99999", "a:b:1", "::1:6060"})
  void anAddressThatIsNoneIsAnErrorThatSaysWhatIsExpected(String address) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> at(address));
    assertTrue(e.getMessage().contains("host:port"), e.getMessage());
  }

  private static PprofFeature at(String address) {
    return PprofFeature.builder(TestServer.options().build()).address(address).build();
  }

  private static PprofEndpoint token(String token) {
    return TestServer.options().access(Access.TOKEN).token(token).build();
  }
}
