package dev.controlplane.pprof.helidon;

import dev.controlplane.pprof.http.PprofEndpoint;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.io.IOException;

/**
 * Passes requests for profiles to a {@link PprofEndpoint}.
 *
 * <p>It is a filter instead of routes because Go's mux works on the path as it was sent, redirects
 * paths that are not clean, and answers every method.
 */
record PprofFilter(PprofEndpoint endpoint) implements Filter {
  @Override
  public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    var exchange = new HelidonExchange(request, response);
    boolean served;
    try {
      served = endpoint.serve(exchange);
    } catch (IOException e) {
      // Ends the connection without the last chunk, so that the client notices the incomplete body.
      throw new CloseConnectionException(e.getMessage(), e);
    }
    if (served) {
      exchange.end();
    } else {
      chain.proceed();
    }
  }
}
