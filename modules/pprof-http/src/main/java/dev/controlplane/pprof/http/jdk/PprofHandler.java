package dev.controlplane.pprof.http.jdk;

import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import dev.controlplane.pprof.http.PprofEndpoint;
import java.io.IOException;
import java.util.Objects;

/**
 * Serves {@code /debug/pprof/} on the JDK's {@code com.sun.net.httpserver.HttpServer}: as the
 * handler of a context, or as a filter in front of another handler.
 *
 * <pre>{@code
 * server.createContext("/debug/pprof", new PprofHandler(endpoint));
 * }</pre>
 *
 * <p>The server needs an executor: without one it has a single thread, and a profile of 30 seconds
 * keeps all other requests waiting.
 *
 * @since 0.1.0
 */
public final class PprofHandler extends Filter implements HttpHandler {
  private final PprofEndpoint endpoint;

  /** Creates a handler. */
  public PprofHandler(PprofEndpoint endpoint) {
    this.endpoint = Objects.requireNonNull(endpoint, "endpoint");
  }

  /** Answers a request; with 404 if its path is not below {@code /debug/pprof/}. */
  @Override
  public void handle(HttpExchange exchange) throws IOException {
    // What is thrown here ends the connection.
    if (!endpoint.serve(new JdkExchange(exchange))) {
      exchange.sendResponseHeaders(404, -1);
    }
    exchange.close();
  }

  /** Answers a request, or passes it on if its path is not below {@code /debug/pprof/}. */
  @Override
  public void doFilter(HttpExchange exchange, Chain chain) throws IOException {
    if (endpoint.serve(new JdkExchange(exchange))) {
      exchange.close();
    } else {
      chain.doFilter(exchange);
    }
  }

  @Override
  public String description() {
    return "serves /debug/pprof/";
  }
}
