package dev.controlplane.consumer;

import static dev.controlplane.consumer.ConsumerFixture.get;
import static dev.controlplane.consumer.ConsumerFixture.sha256;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.controlplane.consumer.ConsumerFixture.Answer;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ListingsTest {
  private static ConsumerFixture fixture;
  private static URI server;

  @BeforeAll
  static void setUp() {
    fixture = ConsumerFixture.start();
    server = fixture.server();
    for (String worker : List.of("c", "a", "é", "b")) {
      for (int version = 1; version <= 5; version++) {
        fixture.publish(worker, "v" + version, (worker + version).getBytes(UTF_8));
      }
    }
    fixture.catalog().moveLatest("b", "v2");
  }

  @AfterAll
  static void close() throws Exception {
    fixture.close();
  }

  @Test
  void infoIsTheMetadataOfTheLatest() {
    Answer answer = get(server, "/file/b/info");

    assertEquals(200, answer.status());
    assertEquals("application/json", answer.header("content-type"));
    JsonNode info = answer.json();
    assertEquals("b", info.path("filename").asText());
    assertEquals("v2", info.path("version").asText());
    assertEquals(sha256("b2".getBytes(UTF_8)), info.path("checksum").asText());
    assertEquals("/file/b/version/v2", info.path("filepath").asText());
    assertEquals(2, info.path("size").asLong());
    assertTrue(Instant.parse(info.path("uploaded_at").asText()).isBefore(Instant.now()));
    assertEquals(6, info.size());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 5, 6, 1000})
  void versionsComeInPagesNewestFirst(int limit) {
    List<String> versions = new ArrayList<>();
    String after = "";
    do {
      JsonNode page = get(server, "/file/b/versions?limit=" + limit + after).json();
      assertEquals("b", page.path("filename").asText());
      assertEquals("v2", page.path("latest").asText());
      assertTrue(page.path("versions").size() <= limit);
      page.path("versions").forEach(version -> versions.add(version.path("version").asText()));
      after = page.path("next").isNull() ? null : "&after=" + page.path("next").asText();
    } while (after != null);

    assertEquals(List.of("v5", "v4", "v3", "v2", "v1"), versions);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 1000})
  void filesComeInPagesByName(int limit) {
    List<String> files = new ArrayList<>();
    String after = "";
    do {
      JsonNode page = get(server, "/files?limit=" + limit + after).json();
      page.path("files")
          .forEach(
              file -> files.add(file.path("filename").asText() + file.path("version").asText()));
      after = page.path("next").isNull() ? null : "&after=" + page.path("next").asText();
    } while (after != null);

    assertEquals(List.of("av5", "bv2", "cv5", "év5"), files);
  }

  @ParameterizedTest
  @CsvSource({
    "limit=0, 400 invalid_limit",
    "limit=-1, 400 invalid_limit",
    "limit=1001, 400 invalid_limit",
    "limit=, 400 invalid_limit",
    "limit=ten, 400 invalid_limit",
    "limit=99999999999, 400 invalid_limit",
    "after=nonsense, 400 invalid_after",
  })
  void aBadPageIsRefused(String query, String failure) {
    assertEquals(failure, get(server, "/files?" + query).failure());
    assertEquals(failure, get(server, "/file/a/versions?" + query).failure());
  }

  @Test
  void theLimitIsFrom1To1000() {
    assertEquals(200, get(server, "/files?limit=1").status());
    assertEquals(200, get(server, "/files?limit=1000").status());
  }

  @Test
  void anUnknownFileIsNotFound() {
    assertEquals("404 not_found", get(server, "/file/none/info").failure());
    assertEquals("404 not_found", get(server, "/file/none/versions").failure());
    assertEquals("404 not_found", get(server, "/file/none").failure());
    assertEquals("404 not_found", get(server, "/file/a/version/none").failure());
  }
}
