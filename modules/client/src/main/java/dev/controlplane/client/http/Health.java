package dev.controlplane.client.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.controlplane.client.Server;
import dev.controlplane.client.answers.ServerHealth;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;

/** Asks a server how it fares. */
public final class Health {
  private static final int UNAVAILABLE = 503;
  private static final String UP = "UP";

  private final Calls calls;

  public Health(Calls calls) {
    this.calls = calls;
  }

  /** The server's checks; a server with a check that is down says so with status 503. */
  public ServerHealth of(Server server) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(calls.uri(server, "/observe/health"))
            .timeout(Http.PATIENCE)
            .GET()
            .build();
    Http http = calls.http();
    HttpResponse<byte[]> response = http.answer(server, request);
    int status = response.statusCode() == UNAVAILABLE ? 200 : response.statusCode();
    JsonNode answer = http.json(server, response.uri(), status, response.body());
    List<String> down = new ArrayList<>();
    for (JsonNode check : answer.path("checks")) {
      if (!check.path("status").asText("").equals(UP)) {
        String reason = check.path("data").path("reason").asText("");
        String name = check.path("name").asText("(a check without a name)");
        down.add(reason.isEmpty() ? name : name + ": " + reason);
      }
    }
    return new ServerHealth(answer.path("status").asText("").equals(UP), down, date(response));
  }

  private static Instant date(HttpResponse<byte[]> response) {
    try {
      return response
          .headers()
          .firstValue("Date")
          .map(text -> ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant())
          .orElse(null);
    } catch (DateTimeParseException e) {
      return null;
    }
  }
}
