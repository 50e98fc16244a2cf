package dev.controlplane.upload;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParametersTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "form-data; name=\"file\"",
        "form-data;name=file",
        "form-data; NAME = file ;",
        "form-data; filename=\"plain\"; name=\"file\"",
        "form-data; filename=\"C:\\\"; name=\"file\"",
        "form-data; filename=\"C:\\dir\\\"; name=\"file\"",
        "form-data; name=\"file\"; filename=\"C:\\dir\\\"",
        "form-data; filename=\"a\\\"b\"; name=\"file\"",
        "form-data; filename=\"a%22b\"; name=\"file\"",
        "form-data; filename=\"a;b\"; name=\"file\"",
        "form-data; filename=\"a\\\"; name=\\\"version\"; name=\"file\"",
        "form-data; filename=\"x; name=version\"; name=\"file\"",
        "form-data; filename*=UTF-8''a%22b; name=\"file\"",
        "form-data; name=\"file\"; name=\"version\"",
      })
  void theNameIsReadWhateverStandsBesideIt(String header) {
    assertEquals("file", Parameters.parse(header).get("name"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "form-data",
        "form-data; name=\"file",
        "form-data; name=\"fi\"le",
        "form-data; \"name\"=file",
      })
  void aMalformedHeaderHasNoName(String header) {
    assertEquals(null, Parameters.parse(header).get("name"));
  }

  @Test
  void quotedCharactersStandForThemselves() {
    assertEquals(Map.of("a", "x\"y\\z", "b", ""), Parameters.parse("v; a=\"x\\\"y\\\\z\"; b=\"\""));
  }
}
