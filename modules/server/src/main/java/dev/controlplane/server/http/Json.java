package dev.controlplane.server.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** Converts records to JSON, with names in snake case and times in RFC 3339, and sends them. */
public final class Json {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .addModule(new SimpleModule().addSerializer(Instant.class, new ToStringSerializer()))
          .build();

  /** The body of every HTTP error. */
  public record Failure(String error, String message) {}

  private Json() {}

  /** Encodes a value as JSON, with a line feed at the end. */
  public static byte[] bytes(Object value) {
    try {
      return (MAPPER.writeValueAsString(value) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("can't be written as JSON: " + value, e);
    }
  }

  /** Sends a value with the response's current status. */
  public static void send(ServerResponse response, Object value) {
    response.header(HeaderNames.CONTENT_TYPE, "application/json");
    response.send(bytes(value));
  }

  /** Sends a value with the response's current status. HEAD gets only the headers. */
  public static void send(ServerRequest request, ServerResponse response, Object value) {
    send(request, response, "application/json", bytes(value));
  }

  /** Sends bytes with the response's current status. HEAD gets only the headers. */
  public static void send(
      ServerRequest request, ServerResponse response, String contentType, byte[] body) {
    response.header(HeaderNames.CONTENT_TYPE, contentType);
    if (request.prologue().method().equals(Method.HEAD)) {
      response.headers().contentLength(body.length);
      response.send();
    } else {
      response.send(body);
    }
  }

  /**
   * Parses a request body as a JSON object.
   *
   * @throws ApiException 400 {@code malformed_json} if it is not one
   */
  public static JsonNode object(byte[] body) {
    try {
      JsonNode node = MAPPER.readTree(body);
      if (node != null && node.isObject()) {
        return node;
      }
    } catch (java.io.IOException e) {
      // Reported below, like JSON that is not an object.
    }
    throw ApiException.badRequest("malformed_json", "the body is not JSON; expected: an object");
  }
}
