package dev.controlplane.server.http;

import io.helidon.http.Method;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** A path of the API, possibly with variables, and the handlers of its methods. */
final class Resource {
  private final MatchedRoute route;
  private final String[] parts;
  private final Map<String, Api.Handler> handlers = new LinkedHashMap<>();

  Resource(String pattern) {
    this.route = new MatchedRoute(Objects.requireNonNull(pattern));
    this.parts = pattern.split("/", -1);
  }

  /** The path, with the names of its variables. */
  String pattern() {
    return route.pattern();
  }

  /** What a request that it answers carries in its context. */
  MatchedRoute route() {
    return route;
  }

  /** Adds a handler for a method. */
  void handle(Method method, Api.Handler handler) {
    handlers.put(method.text(), handler);
  }

  /** The handler for a method; null if there is none. HEAD falls back to GET. */
  Api.Handler handler(String method) {
    Api.Handler handler = handlers.get(method);
    return handler == null && method.equals("HEAD") ? handlers.get("GET") : handler;
  }

  /** Whether a request's path matches. */
  boolean matches(String[] segments) {
    if (segments.length != parts.length) {
      return false;
    }
    for (int i = 0; i < parts.length; i++) {
      if (!isVariable(parts[i]) && !parts[i].equals(segments[i])) {
        return false;
      }
    }
    return true;
  }

  /** The values of the variables in a path that matches. */
  PathVariables variables(String[] segments) {
    Map<String, String> raw = new LinkedHashMap<>();
    for (int i = 0; i < parts.length; i++) {
      if (isVariable(parts[i])) {
        raw.put(parts[i].substring(1, parts[i].length() - 1), segments[i]);
      }
    }
    return new PathVariables(raw);
  }

  /** The methods that have a handler. */
  Set<String> methods() {
    return handlers.keySet();
  }

  private static boolean isVariable(String part) {
    return part.startsWith("{");
  }

  @Override
  public String toString() {
    return Arrays.toString(parts);
  }
}
