package dev.controlplane.pprof.observe;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;

/**
 * Serves {@code /debug/pprof/} like Go 1.26: {@code net/http.ServeMux} together with the handlers
 * of {@code net/http/pprof}.
 *
 * <p>It is a filter instead of routes because Go's mux works on the path as it was sent, redirects
 * paths that are not clean, and answers every method.
 */
final class PprofFilter implements Filter {
  private static final String ROOT = "/debug/pprof";
  private static final Set<String> READING = Set.of("GET", "HEAD");

  private final Gate gate;
  private final GoroutineEndpoint goroutine;
  private final SymbolEndpoint symbol;
  private final UiEndpoint ui;

  PprofFilter(PprofSettings settings) {
    this.gate = Gate.of(settings);
    this.goroutine = new GoroutineEndpoint(settings);
    this.symbol = new SymbolEndpoint();
    this.ui = new UiEndpoint(settings, goroutine);
  }

  GoroutineEndpoint goroutine() {
    return goroutine;
  }

  @Override
  public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    String sent = request.prologue().uriPath().rawPath();
    String clean = clean(sent);
    String path = decode(clean);
    if (!path.equals(ROOT) && !path.startsWith(ROOT + "/")) {
      chain.proceed();
      return;
    }
    Exchange exchange = new Exchange(request, response);
    Optional<Gate.Refusal> refusal = gate.check(visitor(request));
    if (refusal.isPresent()) {
      refuse(exchange, refusal.get());
    } else {
      serve(exchange, sent, clean, path);
    }
    exchange.end();
  }

  private static Gate.Visitor visitor(RoutingRequest request) {
    return new Gate.Visitor(
        request.remotePeer().address(),
        request.authority(),
        request.headers().first(HeaderNames.AUTHORIZATION),
        request.headers().first(HeaderNames.create("Sec-Fetch-Site")),
        request.headers().first(HeaderNames.create("Sec-Fetch-Mode")));
  }

  private static void refuse(Exchange exchange, Gate.Refusal refusal) {
    if (refusal.challenge()) {
      exchange.header("WWW-Authenticate", "Bearer realm=\"pprof\", Basic realm=\"pprof\"");
    }
    exchange.error(refusal.status(), refusal.text());
  }

  private void serve(Exchange exchange, String sent, String clean, String path) {
    boolean isSymbol = path.equals(ROOT + "/symbol");
    if (!READING.contains(exchange.method()) && !(isSymbol && exchange.method().equals("POST"))) {
      exchange.header("Allow", isSymbol ? "GET, HEAD, POST" : "GET, HEAD");
      exchange.send(405, Exchange.TEXT, "Method Not Allowed\n");
      return;
    }
    if (path.equals(ROOT)) {
      redirect(exchange, clean + "/");
      return;
    }
    if (!clean.equals(sent)) {
      redirect(exchange, clean);
      return;
    }
    String name = path.substring(ROOT.length() + 1);
    if (name.equals("ui") || name.startsWith("ui/")) {
      ui.answer(exchange, name.substring("ui".length()));
      return;
    }
    switch (name) {
      case "" -> goroutine.index(exchange);
      case "goroutine" -> goroutine.answer(exchange);
      case "cmdline" -> exchange.send(200, Exchange.TEXT, CommandLine.read());
      case "symbol" -> symbol.answer(exchange);
      default -> exchange.error(404, "Unknown profile");
    }
  }

  private static void redirect(Exchange exchange, String path) {
    String query = exchange.rawQuery();
    String location = query.isEmpty() ? path : path + "?" + query;
    exchange.header("Location", location);
    String escaped =
        location
            .replace("&", "&amp;")
            .replace("<", "&lt;")
            .replace(">", "&gt;")
            .replace("\"", "&#34;")
            .replace("'", "&#39;");
    exchange.send(307, Exchange.HTML, "<a href=\"" + escaped + "\">Temporary Redirect</a>.\n\n");
  }

  /**
   * Cleans a path like {@code net/http.cleanPath}: removes empty, {@code .} and {@code ..}
   * segments, and keeps a trailing slash.
   */
  private static String clean(String path) {
    Deque<String> segments = new ArrayDeque<>();
    for (String segment : path.split("/", -1)) {
      switch (segment) {
        case "", "." -> {}
        case ".." -> segments.pollLast();
        default -> segments.addLast(segment);
      }
    }
    StringBuilder clean = new StringBuilder();
    for (Iterator<String> i = segments.iterator(); i.hasNext(); ) {
      clean.append('/').append(i.next());
    }
    return path.endsWith("/") || clean.isEmpty() ? clean.append('/').toString() : clean.toString();
  }

  /** Decodes each segment separately, so that an escaped slash does not separate segments. */
  private static String decode(String path) {
    StringBuilder decoded = new StringBuilder();
    for (String segment : path.substring(1).split("/", -1)) {
      decoded.append('/').append(decodeSegment(segment).replace('/', '\0'));
    }
    return decoded.toString();
  }

  private static String decodeSegment(String segment) {
    try {
      return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return segment;
    }
  }
}
