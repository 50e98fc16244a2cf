package dev.controlplane.grpc.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.controlplane.grpc.push.LogTail;
import dev.controlplane.grpc.push.PushMetrics;
import dev.controlplane.server.http.Api;
import dev.controlplane.server.http.ApiException;
import dev.controlplane.server.http.BodyLimits;
import dev.controlplane.server.http.Json;
import dev.controlplane.server.http.PathVariables;
import dev.controlplane.server.http.RequestBody;
import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Duration;

/** The HTTP route for announcements of new updates by upload-server. */
public final class PushApi {
  /** An announcement has about twenty bytes and comes from a nearby server. */
  private static final BodyLimits ANNOUNCEMENT = new BodyLimits(4096, Duration.ofSeconds(5), 0);

  private final LogTail tail;
  private final PushMetrics metrics;

  public PushApi(LogTail tail, PushMetrics metrics) {
    this.tail = tail;
    this.metrics = metrics;
  }

  public void addTo(Api api) {
    api.on(Method.POST, "/internal/broadcast", this::broadcast);
  }

  private record Announced(boolean success, long revision) {}

  private void broadcast(ServerRequest request, ServerResponse response, PathVariables path) {
    JsonNode revision = RequestBody.json(request, ANNOUNCEMENT).get("revision");
    if (revision == null
        || !revision.isIntegralNumber()
        || !revision.canConvertToLong()
        || revision.asLong() < 1) {
      throw ApiException.badRequest(
          "invalid_revision",
          "revision is %s; expected: a whole number from 1"
              .formatted(revision == null ? "missing" : revision));
    }
    metrics.hinted();
    tail.hint(revision.asLong());
    Json.send(request, response, new Announced(true, revision.asLong()));
  }
}
