package dev.controlplane.catalog.sql;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which media type a version gets. */
class ContentTypesTest {
  @ParameterizedTest
  @CsvSource({
    "w.js, text/javascript",
    "W.JS, text/javascript",
    "w.min.mjs, text/javascript",
    "w.wasm, application/wasm",
    "w.json, application/json",
    "w.html, text/html",
    "w.css, text/css",
    "w.txt, text/plain",
    "w, application/octet-stream",
    "w., application/octet-stream",
    "w.unknown, application/octet-stream"
  })
  void theNameSuggestsOneWhereTheUploaderSaysNothing(String worker, String type) {
    assertEquals(type, ContentTypes.of(null, worker));
    assertEquals(type, ContentTypes.of("", worker));
    assertEquals(type, ContentTypes.of("application/octet-stream", worker));
    assertEquals(type, ContentTypes.of("Application/Octet-Stream", worker));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"text/css", "application/vnd.api+json", "text/html; charset=utf-8", "x/y;a=\"b\""})
  void whatTheUploaderSaysCounts(String type) {
    assertEquals(type, ContentTypes.of(" " + type + " ", "w.js"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"nonsense", "text/", "/css", "text/css\r\nX-Evil: 1", "text/css;\u00e9", "a b/c"})
  void whatIsNoMediaTypeCountsAsNothing(String type) {
    assertEquals("text/javascript", ContentTypes.of(type, "w.js"));
  }

  @Test
  void aMediaTypeOfTheGreatestLengthPasses() {
    String type = "text/" + "x".repeat(250);
    assertEquals(type, ContentTypes.of(type, "w"));
    assertEquals("application/octet-stream", ContentTypes.of(type + "x", "w"));
  }
}
