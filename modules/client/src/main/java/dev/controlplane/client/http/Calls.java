package dev.controlplane.client.http;

import dev.controlplane.client.Endpoints;
import dev.controlplane.client.Names;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.Server;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Sends requests to the servers' HTTP APIs. Thread-safe. */
public final class Calls {
  private final Endpoints endpoints;
  private final Http http;

  /** The page sizes that servers have rejected. */
  private final Map<Server, Integer> tooMuch = new ConcurrentHashMap<>();

  public Calls(Endpoints endpoints, Http http) {
    this.endpoints = endpoints;
    this.http = http;
  }

  Http http() {
    return http;
  }

  /** The URL of a path on a server. */
  URI uri(Server server, String path) {
    URI base =
        switch (server) {
          case UPLOAD -> endpoints.upload();
          case CONSUMER -> endpoints.consumer();
          case GRPC_HTTP -> endpoints.grpcHttp();
          case GRPC -> throw new IllegalArgumentException("no HTTP: " + server);
        };
    return URI.create(base + path);
  }

  /** Returns the JSON object at a path. */
  public Answer get(Server server, String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(uri(server, path)).timeout(Http.PATIENCE).GET().build();
    return new Answer(server, http.json(server, request));
  }

  static String worker(String name) {
    return Names.checked("the worker's name", name);
  }

  static String version(String name) {
    return Names.checked("the version's name", name);
  }

  /**
   * Returns a page of a listing. If the server rejects the page size, the server's default is used.
   *
   * @param limit the most entries
   * @param after where the previous page ended; null for the first page
   * @param filter further query parameters, each preceded by {@code &}
   */
  Answer page(Server server, String path, int limit, String after, String filter)
      throws IOException, InterruptedException {
    String rest = (after == null ? "" : "&after=" + UrlPath.encoded(after)) + filter;
    if (limit < tooMuch.getOrDefault(server, Integer.MAX_VALUE)) {
      try {
        return get(server, path + "?limit=" + limit + rest);
      } catch (RefusedException e) {
        if (!e.code().equals("invalid_limit")) {
          throw e;
        }
        tooMuch.put(server, limit);
      }
    }
    return get(server, path + (rest.isEmpty() ? "" : "?" + rest.substring(1)));
  }
}
