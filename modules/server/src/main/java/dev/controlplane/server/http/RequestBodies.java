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
 * Handles the rest of each request body after the request was answered, before all other filters of
 * a socket:
 *
 * <ul>
 *   <li>Bodies that a handler reads through Helidon have limits.
 *   <li>A client that is still sending can read an early answer.
 *   <li>The body's thread and buffers are released on every way out.
 * </ul>
 */
public final class RequestBodies implements HttpFeature, Filter, Weighted {
  /** The limits for bodies that no handler asked for, or that a handler reads through Helidon. */
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
        // Helidon announces that it closes the connection, but then waits for the client to close
        // it.
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
