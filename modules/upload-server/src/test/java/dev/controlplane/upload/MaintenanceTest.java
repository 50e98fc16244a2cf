package dev.controlplane.upload;

import static dev.controlplane.upload.UploadFixture.delete;
import static dev.controlplane.upload.UploadFixture.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.upload.UploadFixture.Answer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Blobs collected and the log cut, by themselves and when told to. */
class MaintenanceTest {
  private UploadFixture fixture;

  private void start(String... settings) {
    fixture = UploadFixture.start(settings);
  }

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  private Answer post(String path, String body) {
    return UploadFixture.post(fixture.server(), path, body);
  }

  private Answer upload(String version, String body) {
    return put(fixture.server(), "/workers/w/versions/" + version, body);
  }

  @Test
  void aDryRunTellsWhatWouldGoAndRemovesNothing() {
    start("BLOB_GC_AGE", "PT0S");
    upload("1", "one");
    upload("2", "two");
    delete(fixture.server(), "/workers/w/versions/1");

    Answer dry = post("/maintenance/gc", "{\"dry_run\":true}");
    assertEquals(200, dry.status(), dry.toString());
    assertTrue(dry.json().path("dry_run").asBoolean());
    assertEquals(2, dry.json().path("examined").asLong());
    assertEquals(1, dry.json().path("removed").asLong());
    assertEquals(3, dry.json().path("bytes").asLong());
    assertEquals(
        "sha256:" + UploadFixture.sha256(UploadFixture.utf8("one")),
        dry.json().path("digests").path(0).asText());
    assertEquals(2, fixture.blobs().size());

    Answer real = post("/maintenance/gc", "");
    assertFalse(real.json().path("dry_run").asBoolean());
    assertEquals(dry.json().path("bytes"), real.json().path("bytes"));
    assertEquals(1, fixture.blobs().size());
    assertEquals(0, post("/maintenance/gc", "{}").json().path("removed").asLong());
    assertEquals(200, upload("1", "one").status());
    assertEquals(2, fixture.blobs().size());
  }

  @Test
  void youngBlobsStayByDefault() {
    start();
    upload("1", "one");
    delete(fixture.server(), "/workers/w/versions/1");
    assertEquals(0, post("/maintenance/gc", "{\"dry_run\":false}").json().path("removed").asLong());
    assertEquals(1, fixture.blobs().size());
  }

  @Test
  void blobsGoByThemselves() {
    start("BLOB_GC_AGE", "PT0S", "BLOB_GC_INTERVAL", "PT0.01S");
    upload("1", "one");
    delete(fixture.server(), "/workers/w/versions/1");
    UploadFixture.await(() -> fixture.blobs().isEmpty());
    assertEquals(200, upload("1", "one").status());
    assertEquals(1, fixture.blobs().size());
  }

  @Test
  void theLogIsCutByItself() {
    start("LOG_RETENTION_COUNT", "2", "RETENTION_INTERVAL", "PT0.01S");
    for (int i = 1; i <= 5; i++) {
      upload("" + i, "x" + i);
    }
    UploadFixture.await(
        () ->
            post("/maintenance/compact", "{\"revision\":1}").json().path("compacted").asLong()
                == 3);
  }

  @Test
  void theLogIsCutWhenTold() {
    start();
    for (int i = 1; i <= 5; i++) {
      upload("" + i, "x" + i);
    }
    Answer cut = post("/maintenance/compact", "{\"revision\":4}");
    assertEquals(200, cut.status(), cut.toString());
    assertEquals(3, cut.json().path("removed").asLong());
    assertEquals(4, cut.json().path("compacted").asLong());
    assertEquals(5, cut.json().path("head").asLong());
    Answer again = post("/maintenance/compact", "{\"revision\":2}");
    assertEquals(0, again.json().path("removed").asLong());
    assertEquals(4, again.json().path("compacted").asLong());
    assertEquals(6, upload("6", "x").revision());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/maintenance/gc | {\"dryrun\":true} | invalid_field",
        "/maintenance/gc | {\"dry_run\":\"true\"} | invalid_field",
        "/maintenance/gc | {\"dry_run\":null} | invalid_field",
        "/maintenance/gc | {\"dry_run\":true,\"age\":1} | invalid_field",
        "/maintenance/gc | true | malformed_json",
        "/maintenance/gc | {\"dry_run\" | malformed_json",
        "/maintenance/compact | '' | malformed_json",
        "/maintenance/compact | {} | invalid_field",
        "/maintenance/compact | {\"revision\":0} | invalid_field",
        "/maintenance/compact | {\"revision\":-1} | invalid_field",
        "/maintenance/compact | {\"revision\":1.5} | invalid_field",
        "/maintenance/compact | {\"revision\":\"1\"} | invalid_field",
        "/maintenance/compact | {\"revision\":2} | invalid_field",
        "/maintenance/compact | {\"revision\":99999999999999999999} | invalid_field",
      })
  void nonsenseIsRefused(String path, String body, String error) {
    start("BLOB_GC_AGE", "PT0S");
    upload("1", "one");
    delete(fixture.server(), "/workers/w/versions/1");
    upload("2", "two");
    Answer answer = post(path, body.replace("\"revision\":2}", "\"revision\":4}"));
    assertEquals(400, answer.status(), answer.toString());
    assertEquals(error, answer.error());
    assertEquals(2, fixture.blobs().size());
  }
}
