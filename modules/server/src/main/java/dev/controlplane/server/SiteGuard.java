package dev.controlplane.server;

import dev.controlplane.server.http.Api;
import dev.controlplane.server.http.ApiException;
import dev.controlplane.server.settings.Settings;
import dev.controlplane.server.settings.StartupException;
import io.helidon.common.Weighted;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.HttpFeature;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Rejects requests that web pages of other sites make through the browser of somebody who can reach
 * this server, either as cross-site requests or through a name that resolves to this server (DNS
 * rebinding). It applies to everything on a socket, including profiles. Clients other than browsers
 * send none of the headers that it checks, except Host.
 */
final class SiteGuard implements HttpFeature, Filter, Weighted {
  /** Lower than {@code RequestBodies}, which ensures that the client can read the refusal. */
  private static final double BEFORE_ANSWERS = 9_000;

  private static final String SETTING = "allowed-hosts";
  private static final HeaderName FETCH_SITE = HeaderNames.create("Sec-Fetch-Site");
  private static final HeaderName FETCH_MODE = HeaderNames.create("Sec-Fetch-Mode");
  private static final Set<String> OWN_SITE = Set.of("same-origin", "none");
  private static final Set<Method> READING = Set.of(Method.GET, Method.HEAD);
  private static final Pattern NAME = Pattern.compile("\\.?[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*");
  private static final Pattern IPV4 = Pattern.compile("[0-9]+(\\.[0-9]+){3}");

  private final List<String> names;
  private final String bound;

  private SiteGuard(List<String> names, String bound) {
    this.names = names;
    this.bound = bound;
  }

  /**
   * Creates a guard for the names in ALLOWED_HOSTS.
   *
   * @throws StartupException if ALLOWED_HOSTS contains an invalid name
   */
  static SiteGuard of(Settings settings) {
    List<String> names = settings.list(SETTING);
    for (String name : names) {
      if (!NAME.matcher(name).matches()) {
        throw new StartupException(
            "ALLOWED_HOSTS has \"%s\"; expected: names such as cp.example.com, or .example.com for all below it, without scheme and port"
                .formatted(name));
      }
    }
    return new SiteGuard(
        names.stream().map(SiteGuard::canonical).toList(),
        canonical(settings.text("bind-address")));
  }

  @Override
  public double weight() {
    return BEFORE_ANSWERS;
  }

  @Override
  public void setup(HttpRouting.Builder routing) {
    routing.addFilter(this);
  }

  @Override
  public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    try {
      check(request);
    } catch (ApiException e) {
      Api.send(request, response, e);
      return;
    }
    chain.proceed();
  }

  /**
   * Checks that a request can't come from a page of another site.
   *
   * @throws ApiException 403 {@code foreign_host} or {@code foreign_site}
   */
  private void check(ServerRequest request) {
    String authority = request.authority();
    if (!isOwn(hostOf(authority))) {
      throw ApiException.of(
          403,
          "foreign_host",
          "\"%s\" is no name of this server; expected: localhost, an address, a name without dots, or one that ALLOWED_HOSTS has"
              .formatted(authority));
    }
    // Each of them counts: no browser sends two, so one of two is somebody's attempt.
    List<String> sites = request.headers().all(FETCH_SITE, List::of);
    if (!OWN_SITE.containsAll(sites) && !isLinkFollowed(request)) {
      throw foreignSite();
    }
    List<String> origins = request.headers().all(HeaderNames.ORIGIN, List::of);
    if (!origins.stream().allMatch(origin -> isOwnOrigin(origin, authority))) {
      throw foreignSite();
    }
  }

  private static ApiException foreignSite() {
    return ApiException.of(
        403,
        "foreign_site",
        "a web page of another site made this request; expected: a page of this server, or a client"
            + " that is no browser");
  }

  /**
   * Whether a name belongs to this server. A stranger can own neither an address nor a name without
   * a dot, and names below localhost are this machine (RFC 6761, section 6.3).
   */
  private boolean isOwn(String host) {
    return !host.contains(".")
        || host.endsWith(".localhost")
        || IPV4.matcher(host).matches()
        || host.startsWith("[")
        || host.equals(bound)
        || names.stream().anyMatch(name -> matches(name, host));
  }

  private static boolean matches(String name, String host) {
    return name.startsWith(".") ? host.endsWith(name) : host.equals(name);
  }

  /**
   * Whether the user followed a link. That is allowed: the page with the link can't read the
   * answer.
   */
  private static boolean isLinkFollowed(ServerRequest request) {
    return READING.contains(request.prologue().method())
        && request.headers().first(FETCH_MODE).filter("navigate"::equals).isPresent();
  }

  private boolean isOwnOrigin(String origin, String authority) {
    int scheme = origin.indexOf("://");
    if (scheme < 0) {
      return false; // "null": a page without an origin
    }
    String from = origin.substring(scheme + 3);
    String defaultPort = origin.startsWith("https:") ? ":443" : ":80";
    return without(defaultPort, from).equals(without(defaultPort, authority))
        // A proxy may have changed Host.
        || names.stream().anyMatch(name -> matches(name, hostOf(from)));
  }

  private static String without(String port, String authority) {
    String text = authority.toLowerCase(Locale.ROOT);
    return text.endsWith(port) ? text.substring(0, text.length() - port.length()) : text;
  }

  private static String hostOf(String authority) {
    int colon = authority.lastIndexOf(':');
    return canonical(
        colon > authority.lastIndexOf(']') ? authority.substring(0, colon) : authority);
  }

  private static String canonical(String host) {
    String lower = host.toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }
}
