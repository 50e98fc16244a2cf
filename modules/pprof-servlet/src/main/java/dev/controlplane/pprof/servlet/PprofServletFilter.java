package dev.controlplane.pprof.servlet;

import dev.controlplane.pprof.http.PprofEndpoint;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Objects;

/**
 * Serves {@code /debug/pprof/} in a web application, and passes on all other requests.
 *
 * <pre>{@code
 * context.addFilter("pprof", new PprofServletFilter(endpoint))
 *     .addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), false, "/*");
 * }</pre>
 *
 * @since 0.1.0
 */
public final class PprofServletFilter extends HttpFilter {
  private static final long serialVersionUID = 1;

  private final transient PprofEndpoint endpoint;

  /** Creates a filter. */
  public PprofServletFilter(PprofEndpoint endpoint) {
    this.endpoint = Objects.requireNonNull(endpoint, "endpoint");
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    // A server ends the connection if an answer that has begun ends with an exception.
    if (!endpoint.serve(new ServletExchange(request, response))) {
      chain.doFilter(request, response);
    }
  }
}
