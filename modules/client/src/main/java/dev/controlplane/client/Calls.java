package dev.controlplane.client;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;

/** Requests to the servers' HTTP APIs, and where the servers are. */
final class Calls {
  private final Endpoints endpoints;
  private final Http http;

  Calls(Endpoints endpoints, Http http) {
    this.endpoints = endpoints;
    this.http = http;
  }

  Http http() {
    return http;
  }

  /** The address of a path on a server. */
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

  /** The object at a path. */
  Answer get(Server server, String path) throws IOException, InterruptedException {
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

  /** What asks for one page of a listing. */
  static String page(int limit, String after) {
    return "?limit=" + limit + (after == null ? "" : "&after=" + UrlPath.encoded(after));
  }
}
