package dev.controlplane.grpc;

import com.fasterxml.jackson.databind.JsonNode;
import dev.controlplane.catalog.Consumers;
import dev.controlplane.catalog.Consumers.Consumer;
import dev.controlplane.catalog.Page;
import dev.controlplane.server.Api;
import dev.controlplane.server.ApiException;
import dev.controlplane.server.Json;
import dev.controlplane.server.PathVariables;
import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;

/** The HTTP side: announcements come in, consumers are told of. */
final class PushApi {
  /** An announcement is some twenty bytes. */
  private static final int MAX_ANNOUNCEMENT_BYTES = 4096;

  private final Subscriptions subscriptions;
  private final LogTail tail;
  private final Consumers consumers;
  private final LastSeen lastSeen;
  private final PushMetrics metrics;

  PushApi(
      Subscriptions subscriptions,
      LogTail tail,
      Consumers consumers,
      LastSeen lastSeen,
      PushMetrics metrics) {
    this.subscriptions = subscriptions;
    this.tail = tail;
    this.consumers = consumers;
    this.lastSeen = lastSeen;
    this.metrics = metrics;
  }

  void addTo(Api api) {
    api.on(Method.POST, "/internal/broadcast", this::broadcast)
        .on(Method.GET, "/consumers", this::consumers);
  }

  private record Announced(boolean success, long revision) {}

  private void broadcast(ServerRequest request, ServerResponse response, PathVariables path)
      throws IOException {
    byte[] body;
    try (InputStream content = request.content().inputStream()) {
      body = content.readNBytes(MAX_ANNOUNCEMENT_BYTES + 1);
    }
    if (body.length > MAX_ANNOUNCEMENT_BYTES) {
      throw ApiException.of(
          413,
          "too_large",
          "the announcement is larger than %d bytes; expected: {\"revision\": N}"
              .formatted(MAX_ANNOUNCEMENT_BYTES));
    }
    JsonNode revision = Json.object(body).get("revision");
    if (revision == null
        || !revision.isIntegralNumber()
        || !revision.canConvertToLong()
        || revision.asLong() < 1) {
      throw ApiException.badRequest(
          "bad_revision",
          "revision is %s; expected: a whole number from 1"
              .formatted(revision == null ? "missing" : revision));
    }
    metrics.hinted();
    tail.hint(revision.asLong());
    Json.send(response, new Announced(true, revision.asLong()));
  }

  /** One consumer as it is told of. */
  private record Listed(
      String consumerId,
      String endpoint,
      boolean connected,
      int streams,
      Instant lastSeen,
      long lastRevision) {}

  private record Listing(List<Listed> consumers, String next) {}

  private void consumers(ServerRequest request, ServerResponse response, PathVariables path) {
    // What is on its way to the disk is part of the listing; if the disk takes nothing, it is not.
    lastSeen.write();
    Page<Consumer> page;
    try {
      page = consumers.list(limit(request), request.query().first("after").orElse(null));
    } catch (IllegalArgumentException e) {
      throw ApiException.badRequest("bad_after", e.getMessage());
    }
    Json.send(response, new Listing(page.items().stream().map(this::listed).toList(), page.next()));
  }

  private static int limit(ServerRequest request) {
    String text = request.query().first("limit").orElse("100");
    try {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= 1000) {
        return limit;
      }
    } catch (NumberFormatException e) {
      // the same answer as for a number out of range
    }
    throw ApiException.badRequest(
        "bad_limit", "limit is \"" + text + "\"; expected: a whole number from 1 to 1000");
  }

  private Listed listed(Consumer consumer) {
    List<Subscription> open = subscriptions.of(consumer.id());
    long sent = open.stream().mapToLong(Subscription::sent).max().orElse(0);
    return new Listed(
        consumer.id(),
        consumer.endpoint(),
        !open.isEmpty(),
        open.size(),
        consumer.lastSeen(),
        Math.max(sent, consumer.lastRevision()));
  }
}
