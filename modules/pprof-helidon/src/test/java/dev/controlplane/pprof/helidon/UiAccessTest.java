package dev.controlplane.pprof.helidon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.http.Access;
import dev.controlplane.pprof.http.Wire;
import org.junit.jupiter.api.Test;

/** The page follows the rules of profiles. */
class UiAccessTest {
  private static final String UI = "/debug/pprof/ui";

  @Test
  void thePageItsFilesAndItsLooksNeedTheToken() {
    try (TestServer server =
        TestServer.start(TestServer.options().access(Access.TOKEN).token("secret").build())) {
      for (String path : new String[] {"", "/main.js", "/look", "/profiles", "/speedscope/"}) {
        assertEquals(401, server.get(UI + path).status(), path);
        assertEquals(200, server.get(UI + path, "Authorization: Bearer secret").status(), path);
      }
    }
  }

  @Test
  void anotherSiteCannotReadIt() {
    try (TestServer server = TestServer.start(TestServer.access(Access.LOOPBACK))) {
      assertEquals(200, server.get(UI + "/look", "Sec-Fetch-Site: same-origin").status());
      assertEquals(403, server.get(UI + "/look", "Sec-Fetch-Site: cross-site").status());
    }
  }

  @Test
  void aSwitchedOffPageDoesNotExist() {
    try (TestServer server = TestServer.start(TestServer.access(Access.OFF))) {
      assertEquals("the user's", server.get(UI).text());
    }
  }

  @Test
  void answersHaveTheHeadersOfAllAnswers() {
    try (TestServer server = TestServer.start(TestServer.access(Access.LOOPBACK))) {
      Wire.Answer page = server.get(UI);
      assertEquals("nosniff", page.header("X-Content-Type-Options"));
      assertEquals("text/html; charset=utf-8", page.header("Content-Type"));
      Wire.Answer again = server.get(UI, "If-None-Match: " + page.header("ETag"));
      assertEquals(304, again.status());
      assertEquals("", again.text());
      assertEquals("no-store", server.get(UI + "/look").header("Cache-Control"));
      assertEquals("../ui", server.get(UI + "/").header("Location"));
      assertEquals(404, server.get(UI + "/nothing").status());
      assertEquals(404, server.get(UI + "x").status());
      assertTrue(server.get(UI + "x").text().startsWith("Unknown profile"));
    }
  }
}
