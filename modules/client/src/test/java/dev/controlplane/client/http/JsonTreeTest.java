package dev.controlplane.client.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTreeTest {
  private static JsonNode read(String json) throws Exception {
    return JsonTree.read(json.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"files\":[{\"a\":\"é\\u00e9\\n"
            + "\",\"b\":12,\"c\":null,\"d\":true,\"e\":false}],\"next\":null}",
        "{\"long\":9223372036854775807,\"big\":92233720368547758070,\"float\":-1.5e3}",
        "{\"same\":1,\"same\":2}",
        "[[],[{}],0]",
        "\"text\"",
        "{} trailing"
      })
  void theTreeIsTheOneThatJacksonMakes(String json) throws Exception {
    assertEquals(new ObjectMapper().readTree(json).toString(), read(json).toString());
  }

  @Test
  void numbersAreWhatTheyAreAskedAs() throws Exception {
    JsonNode read = read("{\"int\":7,\"long\":9223372036854775807,\"float\":0.5}");
    assertEquals(7, read.path("int").asInt());
    assertTrue(read.path("int").isIntegralNumber());
    assertEquals(Long.MAX_VALUE, read.path("long").asLong());
    assertTrue(!read.path("float").isIntegralNumber());
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "[1,", "{\"a\":", "{\"a\"", "{\"a\":\"", "nonsense", "<html>", "{]"})
  void whatIsNoJsonIsAnException(String text) {
    assertThrows(JacksonException.class, () -> read(text));
  }

  @Test
  void nothingIsMissing() throws Exception {
    assertTrue(read("").isMissingNode());
    assertTrue(read("  \n").isMissingNode());
  }

  @Test
  void whatIsNestedTooDeeplyIsAnException() {
    assertThrows(JacksonException.class, () -> read("[".repeat(100_000)));
  }
}
