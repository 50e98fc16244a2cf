package dev.controlplane.server.http;

import io.helidon.common.Weighted;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.HttpFeature;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.time.Duration;

/**
 * Lets go of each request's body, whoever answers the request. It stands before everything else of
 * a socket: bodies that a handler reads by Helidon's means have limits, the client gets to see an
 * answer that came early, and neither a thread nor a buffer stays on any way out.
 */
public final class RequestBodies implements HttpFeature, Filter, Weighted {
  /** For bodies that no handler asked for, or that one reads by Helidon's means. */
  static final BodyLimits UNWANTED = new BodyLimits(8 << 20, Duration.ofSeconds(5), 1024);

  private static final double BEFORE_EVERYTHING = 10_000;

  @Override
  public double weight() {
    return BEFORE_EVERYTHING;
  }

  @Override
  public void setup(HttpRouting.Builder routing) {
    routing.addFilter(this);
  }

  @Override
  public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    RequestBody.bound(request, UNWANTED);
    try {
      proceed(chain, request, response);
      if (!Linger.after(request) || isLast(request, response)) {
        // Helidon announces that it closes a connection, and then waits for the client to do it.
        throw new CloseConnectionException("the answer was the last on this connection");
      }
    } finally {
      RequestBody.release(request);
    }
  }

  private static void proceed(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    try {
      chain.proceed();
    } catch (CloseConnectionException e) {
      if (response.isSent()) {
        Linger.after(request);
      }
      throw e;
    }
  }

  private static boolean isLast(RoutingRequest request, RoutingResponse response) {
    return saysClose(request.headers()) || saysClose(response.headers());
  }

  private static boolean saysClose(Headers headers) {
    return headers.contains(HeaderNames.CONNECTION)
        && headers.containsToken(HeaderValues.CONNECTION_CLOSE);
  }
}
