package dev.controlplane.grpc;

import com.fasterxml.jackson.databind.JsonNode;
import dev.controlplane.catalog.Consumers;
import dev.controlplane.catalog.Consumers.Consumer;
import dev.controlplane.catalog.Page;
import dev.controlplane.server.Api;
import dev.controlplane.server.ApiException;
import dev.controlplane.server.BodyLimits;
import dev.controlplane.server.Json;
import dev.controlplane.server.PageSize;
import dev.controlplane.server.PathVariables;
import dev.controlplane.server.RequestBody;
import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** The HTTP side: announcements come in, consumers are told of. */
final class PushApi {
  /** An announcement is some twenty bytes, sent by a server next door. */
  private static final BodyLimits ANNOUNCEMENT = new BodyLimits(4096, Duration.ofSeconds(5), 0);

  private final Subscriptions subscriptions;
  private final LogTail tail;
  private final Consumers consumers;
  private final LastSeen lastSeen;
  private final PushMetrics metrics;
  private final PageSize pageSize;

  PushApi(
      Subscriptions subscriptions,
      LogTail tail,
      Consumers consumers,
      LastSeen lastSeen,
      PushMetrics metrics,
      PageSize pageSize) {
    this.subscriptions = subscriptions;
    this.tail = tail;
    this.consumers = consumers;
    this.lastSeen = lastSeen;
    this.metrics = metrics;
    this.pageSize = pageSize;
  }

  void addTo(Api api) {
    api.on(Method.POST, "/internal/broadcast", this::broadcast)
        .on(Method.GET, "/consumers", this::consumers);
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
      page = consumers.list(pageSize.of(request.query()), after(request));
    } catch (IllegalArgumentException e) {
      throw ApiException.badRequest("invalid_after", e.getMessage());
    }
    Json.send(
        request,
        response,
        new Listing(page.items().stream().map(this::listed).toList(), page.next()));
  }

  private static String after(ServerRequest request) {
    return request.query().first("after").filter(cursor -> !cursor.isEmpty()).orElse(null);
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
