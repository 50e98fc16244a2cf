package dev.controlplane.grpc.http;

import dev.controlplane.catalog.Consumers;
import dev.controlplane.catalog.Consumers.Consumer;
import dev.controlplane.catalog.Names;
import dev.controlplane.catalog.Page;
import dev.controlplane.grpc.push.Subscription;
import dev.controlplane.grpc.push.Subscriptions;
import dev.controlplane.grpc.reports.LastSeen;
import dev.controlplane.server.http.Api;
import dev.controlplane.server.http.ApiException;
import dev.controlplane.server.http.Json;
import dev.controlplane.server.http.PageSize;
import dev.controlplane.server.http.PathVariables;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** HTTP routes about consumers: lists them, shows which versions they run, and forgets them. */
public final class ConsumersApi {
  private final Matrix matrix;
  private final Subscriptions subscriptions;
  private final Consumers consumers;
  private final LastSeen lastSeen;
  private final PageSize pageSize;

  public ConsumersApi(
      Matrix matrix,
      Subscriptions subscriptions,
      Consumers consumers,
      LastSeen lastSeen,
      PageSize pageSize) {
    this.matrix = matrix;
    this.subscriptions = subscriptions;
    this.consumers = consumers;
    this.lastSeen = lastSeen;
    this.pageSize = pageSize;
  }

  public void addTo(Api api) {
    api.on(Method.GET, "/consumers", this::consumers)
        .on(Method.GET, "/consumers/{id}", this::consumer)
        .on(Method.DELETE, "/consumers/{id}", this::forget)
        .on(Method.GET, "/workers/{name}/consumers", this::consumersOfWorker);
  }

  /** A consumer in a listing. */
  private record Listed(
      String consumerId,
      String endpoint,
      boolean connected,
      int streams,
      Instant lastSeen,
      long lastRevision) {}

  private record Listing(List<Listed> consumers, String next) {}

  private record Rows(List<MatrixRow> rows, String next) {}

  private void consumers(ServerRequest request, ServerResponse response, PathVariables path) {
    // Writes pending sightings first, so that they are included. If they can't be written, they are
    // missing.
    lastSeen.write();
    if (request.query().contains("lagging") || request.query().contains("rejected")) {
      Page<MatrixRow> page = matrix.all(query(request));
      Json.send(request, response, new Rows(page.items(), page.next()));
      return;
    }
    Page<Consumer> page;
    try {
      page = consumers.list(pageSize.of(request.query()), after(request).orElse(null));
    } catch (IllegalArgumentException e) {
      throw ApiException.badRequest("invalid_after", e.getMessage());
    }
    Json.send(
        request,
        response,
        new Listing(page.items().stream().map(this::listed).toList(), page.next()));
  }

  private record WithRows(
      String consumerId,
      String endpoint,
      boolean connected,
      int streams,
      Instant lastSeen,
      long lastRevision,
      List<MatrixRow> rows,
      String next) {}

  private void consumer(ServerRequest request, ServerResponse response, PathVariables path) {
    lastSeen.write();
    String id = Names.checked("id", path.get("id"));
    Matrix.Query query = query(request);
    Consumer consumer =
        consumers.find(id).orElseThrow(() -> ApiException.notFound("there is no consumer " + id));
    Page<MatrixRow> page = matrix.of(consumer, query);
    Listed listed = listed(consumer);
    Json.send(
        request,
        response,
        new WithRows(
            listed.consumerId(),
            listed.endpoint(),
            listed.connected(),
            listed.streams(),
            listed.lastSeen(),
            listed.lastRevision(),
            page.items(),
            page.next()));
  }

  private void forget(ServerRequest request, ServerResponse response, PathVariables path) {
    String id = Names.checked("id", path.get("id"));
    int streams = subscriptions.of(id).size();
    if (streams > 0) {
      throw ApiException.of(
          409,
          "connected",
          "consumer %s has %d open streams; end them first, then forget it".formatted(id, streams));
    }
    if (!lastSeen.forget(id)) {
      throw ApiException.notFound("there is no consumer " + id);
    }
    response.status(Status.NO_CONTENT_204).send();
  }

  private record OfWorker(String workerName, String desired, List<MatrixRow> rows, String next) {}

  private void consumersOfWorker(
      ServerRequest request, ServerResponse response, PathVariables path) {
    lastSeen.write();
    String name = Names.checked("name", path.get("name"));
    Matrix.OfWorker found = matrix.with(name, query(request));
    if (found == null) {
      throw ApiException.notFound("there is no worker " + name);
    }
    Json.send(
        request,
        response,
        new OfWorker(name, found.latest().latest(), found.page().items(), found.page().next()));
  }

  private Matrix.Query query(ServerRequest request) {
    Predicate<MatrixRow> filter =
        wanted(request, "lagging", MatrixRow::lagging)
            .and(wanted(request, "rejected", MatrixRow::rejecting));
    try {
      return new Matrix.Query(
          filter, pageSize.of(request.query()), after(request).map(MatrixPlace::of).orElse(null));
    } catch (IllegalArgumentException e) {
      throw ApiException.badRequest("invalid_after", e.getMessage());
    }
  }

  private static Predicate<MatrixRow> wanted(
      ServerRequest request, String parameter, Predicate<MatrixRow> is) {
    if (!request.query().contains(parameter)) {
      return row -> true;
    }
    String text = request.query().first(parameter).orElse("");
    return switch (text) {
      case "", "true" -> is;
      case "false" -> is.negate();
      default ->
          throw ApiException.badRequest(
              "invalid_" + parameter,
              "%s is \"%s\"; expected: true or false".formatted(parameter, text));
    };
  }

  private static Optional<String> after(ServerRequest request) {
    return request.query().first("after").filter(cursor -> !cursor.isEmpty());
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
