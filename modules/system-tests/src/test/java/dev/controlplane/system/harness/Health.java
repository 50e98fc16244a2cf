package dev.controlplane.system.harness;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.time.Duration;

/** What {@code /observe/health} says of a server. */
public final class Health {
  /** Two seconds are promised; a machine that does other things too takes its time. */
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private Health() {}

  /** Waits until the server is UP. */
  public static void awaitUp(String url) {
    Await.until(
        LIMIT, () -> url + " is UP: " + read(url).body(), () -> read(url).statusCode() == 200);
  }

  /** Waits until the server is DOWN, with a reason that has this text. */
  public static void awaitDown(String url, String reason) {
    Await.until(
        LIMIT,
        () -> url + " is DOWN because of " + reason + ": " + read(url).body(),
        () -> read(url).statusCode() == 503 && reasons(read(url)).contains(reason));
  }

  private static HttpResponse<String> read(String url) {
    return Cluster.get(url + "/observe/health");
  }

  private static String reasons(HttpResponse<String> response) {
    StringBuilder reasons = new StringBuilder();
    for (JsonNode check : Cluster.json(response).path("checks")) {
      if (check.path("status").asText().equals("DOWN")) {
        reasons.append(check.path("data").path("reason").asText()).append('\n');
      }
    }
    return reasons.toString();
  }
}
