package dev.controlplane.upload;

import static dev.controlplane.upload.UploadFixture.delete;
import static dev.controlplane.upload.UploadFixture.post;
import static dev.controlplane.upload.UploadFixture.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.upload.UploadFixture.Answer;
import java.net.URI;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VersionChangesTest {
  private static UploadFixture fixture;
  private static URI server;

  @BeforeAll
  static void setUp() {
    fixture = UploadFixture.start();
    server = fixture.server();
  }

  @AfterAll
  static void close() throws Exception {
    fixture.close();
  }

  @Test
  void aRollbackIsAnUpdate() {
    put(server, "/workers/back/versions/1", "one");
    Answer second = put(server, "/workers/back/versions/2", "two");
    Answer back = put(server, "/workers/back/latest", "{\"version\":\"1\"}");

    assertEquals(200, back.status(), back.toString());
    assertTrue(back.json().path("success").asBoolean());
    assertTrue(back.json().path("changed").asBoolean());
    assertEquals(second.revision() + 1, back.revision());
    assertEquals("1", back.json().path("metadata").path("version").asText());
  }

  @Test
  void rollingBackToTheLatestChangesNothing() {
    Answer published = put(server, "/workers/same/versions/1", "one");
    Answer again = put(server, "/workers/same/latest", "{\"version\":\"1\"}");

    assertEquals(200, again.status());
    assertFalse(again.json().path("changed").asBoolean());
    assertEquals(published.revision(), again.revision());
  }

  @Test
  void aRetryOfTheLatestIsAnUpdateEachTime() {
    put(server, "/workers/again/versions/1", "one");
    Answer latest = put(server, "/workers/again/versions/2", "two");
    Answer all = post(server, "/workers/again/versions/2/retry", "");
    Answer one = post(server, "/workers/again/versions/2/retry", "{\"consumer_id\":\"edge-1\"}");

    assertEquals(200, all.status(), all.toString());
    assertTrue(all.json().path("changed").asBoolean());
    assertEquals("2", all.json().path("metadata").path("version").asText());
    assertEquals(latest.revision() + 1, all.revision());
    assertEquals(latest.revision() + 2, one.revision(), one.toString());
  }

  @Test
  void aRetryOfAVersionThatIsNotTheLatestSaysWhichOneIs() {
    put(server, "/workers/passed/versions/1", "one");
    Answer second = put(server, "/workers/passed/versions/2", "two");
    Answer refused = post(server, "/workers/passed/versions/1/retry", "");

    assertEquals(409, refused.status(), refused.toString());
    assertEquals("not_latest", refused.error());
    assertTrue(refused.message().contains("version 1 of passed is not the latest, 2 is"));
    assertEquals(404, post(server, "/workers/passed/versions/3/retry", "").status());
    assertEquals(404, post(server, "/workers/nowhere/versions/1/retry", "").status());
    delete(server, "/workers/passed/versions/2");
    assertEquals(404, post(server, "/workers/passed/versions/2/retry", "{}").status());
    Answer left = post(server, "/workers/passed/versions/1/retry", "{}");
    assertEquals(second.revision() + 2, left.revision(), left.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"consumer\" | malformed_json",
        "{\"consumer\":\"c\"} | invalid_field",
        "{\"consumer_id\":null} | invalid_field",
        "{\"consumer_id\":\"c\",\"x\":1} | invalid_field",
        "{\"consumer_id\":\"\"} | invalid_name",
      })
  void aRetryWithABodyThatIsNotUnderstoodIsRefused(String body, String error) {
    Answer answer = post(server, "/workers/w/versions/1/retry", body);

    assertEquals(400, answer.status(), answer.toString());
    assertEquals(error, answer.error());
  }

  @Test
  void aDeletedVersionsNumberStaysUsed() {
    put(server, "/workers/gone/versions/1", "one");
    Answer deleted = delete(server, "/workers/gone/versions/1");
    Answer twice = delete(server, "/workers/gone/versions/1");
    Answer otherBytes = put(server, "/workers/gone/versions/1", "other");
    Answer sameBytes = put(server, "/workers/gone/versions/1", "one");

    assertEquals(200, deleted.status(), deleted.toString());
    assertEquals(404, twice.status());
    assertEquals(409, otherBytes.status());
    assertEquals(200, sameBytes.status());
    assertTrue(sameBytes.json().path("created").asBoolean());
    assertEquals(deleted.revision() + 1, sameBytes.revision());
  }

  @Test
  void whatIsNotThereIsNotFound() {
    put(server, "/workers/there/versions/1", "one");

    assertEquals(404, put(server, "/workers/there/latest", "{\"version\":\"2\"}").status());
    assertEquals(404, put(server, "/workers/nowhere/latest", "{\"version\":\"1\"}").status());
    assertEquals(404, delete(server, "/workers/there/versions/2").status());
    assertEquals(404, delete(server, "/workers/nowhere/versions/1").status());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | malformed_json",
        "{\"version\" | malformed_json",
        "[\"1\"] | malformed_json",
        "\"1\" | malformed_json",
        "{} | invalid_field",
        "{\"version\":1} | invalid_field",
        "{\"version\":null} | invalid_field",
        "{\"version\":\"\"} | invalid_name",
        "{\"version\":\"..\"} | invalid_name",
      })
  void aBadBodyIsRefused(String body, String error) {
    Answer answer = put(server, "/workers/w/latest", body);

    assertEquals(400, answer.status(), answer.toString());
    assertEquals(error, answer.error());
  }

  @Test
  void aBodyHasALimit() {
    String padding = " ".repeat(65_536 - "{\"version\":\"1\"}".length());

    assertEquals(404, put(server, "/workers/w/latest", "{\"version\":\"1\"}" + padding).status());
    assertEquals(
        413, put(server, "/workers/w/latest", "{\"version\":\"1\"}" + padding + " ").status());
  }

  @ParameterizedTest
  @CsvSource({"..", "%2e%2e", "a%2Fb", "%00"})
  void badNamesAreRefused(String name) {
    assertEquals(400, put(server, "/workers/" + name + "/latest", "{\"version\":\"1\"}").status());
    assertEquals(400, delete(server, "/workers/" + name + "/versions/1").status());
    assertEquals(400, delete(server, "/workers/w/versions/" + name).status());
  }
}
