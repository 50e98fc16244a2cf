package dev.controlplane.transport.http2.connection;

import dev.controlplane.transport.http2.ConnectionOutput;
import dev.controlplane.transport.http2.OpenStream;
import dev.controlplane.transport.http2.ResponseBody;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.HttpSecurity;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;

/** The listener's HTTP routing; sends the body of each answer through {@link ResponseBody}. */
final class GuardedRouting implements HttpRouting {
  private final HttpRouting routing;
  private final ConnectionOutput output;
  private final long maxStreams;

  GuardedRouting(HttpRouting routing, ConnectionOutput output, long maxStreams) {
    this.routing = routing;
    this.output = output;
    this.maxStreams = maxStreams;
  }

  @Override
  public void route(ConnectionContext context, RoutingRequest request, RoutingResponse response) {
    OpenStream stream = output.handover().open(request.id(), maxStreams);
    if (stream == null) {
      throw new CloseConnectionException("the stream is gone");
    }
    // Helidon announces trailers to clients that accept them, but there are none.
    response.beforeSend(() -> response.headers().remove(HeaderNames.TRAILER));
    response.streamFilter(helidons -> new ResponseBody(helidons, output, stream));
    routing.route(context, request, response);
  }

  @Override
  public HttpSecurity security() {
    return routing.security();
  }

  @Override
  public void beforeStart() {
    throw new UnsupportedOperationException("Helidon starts the routing that the listener has");
  }

  @Override
  public void afterStop() {
    throw new UnsupportedOperationException("Helidon stops the routing that the listener has");
  }
}
