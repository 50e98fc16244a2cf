package dev.controlplane.server.http;

import dev.controlplane.server.EventLog;
import dev.controlplane.server.Peer;
import io.helidon.common.uri.UriValidator;
import io.helidon.http.BadRequestException;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpException;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The HTTP API of a server: paths, the methods of each path, and errors as JSON.
 *
 * <p>It is a filter instead of routes because it matches the path as it was sent. Helidon's router
 * matches the decoded path, in which {@code a%2Fb} is two segments and {@code ;x} is lost. Here the
 * path is split first and each segment decoded once. Paths of Helidon's features go down the filter
 * chain; all others are answered 404 here.
 */
public final class Api implements Filter {
  /** The first segment of paths that Helidon's features answer, such as {@code /observe/health}. */
  private static final String OBSERVE = "observe";

  private static final Set<String> OBSERVERS = Set.of("health", "metrics");
  private static final Set<String> READING = Set.of("GET", "HEAD");
  private static final String OPTIONS = "OPTIONS";

  /** The request target of an OPTIONS request about the whole server. */
  private static final String WHOLE_SERVER = "*";

  /**
   * The liveness probe. It shows that the process answers, and nothing about the state of its
   * storage.
   */
  public static final String HEALTH = "/health";

  private final List<Resource> resources = new ArrayList<>();
  private final EventLog log;
  private Runnable requirement = () -> {};

  public Api(EventLog log) {
    this.log = log;
  }

  /** Answers a request. */
  @FunctionalInterface
  public interface Handler {
    /**
     * Answers a request, or throws an {@link ApiException}.
     *
     * @param path the decoded variables of the path
     */
    void handle(ServerRequest request, ServerResponse response, PathVariables path)
        throws Exception;
  }

  /**
   * Adds a handler for a method of a path. HEAD uses the handler of GET unless it has its own.
   *
   * @param pattern such as {@code /file/{filename}/info}
   */
  public Api on(Method method, String pattern, Handler handler) {
    resources.stream()
        .filter(known -> known.pattern().equals(pattern))
        .findFirst()
        .orElseGet(
            () -> {
              Resource made = new Resource(pattern);
              resources.add(made);
              return made;
            })
        .handle(method, handler);
    return this;
  }

  /**
   * Sets a precondition for all paths of this API except {@link #HEALTH}.
   *
   * @param present throws if it is not met; the exception is answered like one of a handler
   */
  public Api needs(Runnable present) {
    requirement = present;
    return this;
  }

  @Override
  public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    try {
      Peer.handle(request.remotePeer().address(), () -> dispatch(chain, request, response));
    } catch (Error e) {
      // Helidon answers an Error, and logs it only at a level that is off.
      log.answered(e);
      throw e;
    }
  }

  private void dispatch(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    if (!hasValidQuery(request)) {
      fail(
          request,
          response,
          ApiException.badRequest(
              "bad_request", "the query is malformed; expected: one as in RFC 3986"));
      return;
    }
    String path = request.prologue().uriPath().rawPath();
    if (path.equals(WHOLE_SERVER) && isOptions(request)) {
      tellAllowed(response, allowedAnywhere());
      return;
    }
    String[] segments = path.split("/", -1);
    for (Resource resource : resources) {
      if (resource.matches(segments)) {
        request.context().register(resource.route());
        answer(resource, segments, request, response);
        return;
      }
    }
    if (isForeign(segments)) {
      foreign(chain, request, response);
    } else {
      // Answered here, because Helidon would read the whole body first.
      fail(request, response, unknown(request));
    }
  }

  private static boolean isForeign(String[] segments) {
    return segments.length > 2 && segments[1].equals(OBSERVE) && OBSERVERS.contains(segments[2]);
  }

  private void foreign(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    try {
      if (isOptions(request)) {
        tellAllowed(response, allowed(READING));
        return;
      }
      if (!READING.contains(request.prologue().method().text())) {
        throw notAllowed(request, allowed(READING)); // Helidon would answer 404
      }
      // Consumed here, because Helidon reads a body without limits before it refuses a request.
      if (request.content().hasEntity()) {
        RequestBody.of(request, RequestBodies.UNWANTED).copyTo((bytes, offset, length) -> {});
      }
      if (request.prologue().method().equals(Method.HEAD)) {
        HeadAsGet.proceed(chain, request, response);
      } else {
        chain.proceed();
      }
    } catch (CloseConnectionException | UncheckedIOException e) {
      throw e;
    } catch (RuntimeException e) {
      fail(request, response, e);
    }
  }

  private static ApiException unknown(RoutingRequest request) {
    return ApiException.notFound(
        "nothing is at %s; expected: a path of this server's API"
            .formatted(request.prologue().uriPath().rawPath()));
  }

  private static ApiException notAllowed(RoutingRequest request, String allowed) {
    String method = request.prologue().method().text();
    return ApiException.of(
            405, "method_not_allowed", method + " is not for this path; expected: " + allowed)
        .with("Allow", allowed);
  }

  private static boolean isOptions(RoutingRequest request) {
    return request.prologue().method().text().equals(OPTIONS);
  }

  /** Answers OPTIONS (RFC 9110, section 9.3.7). */
  private static void tellAllowed(RoutingResponse response, String allowed) {
    response.status(Status.NO_CONTENT_204).header("Allow", allowed);
    response.send();
    response.commit();
  }

  /** The {@code Allow} header for handlers of these methods. */
  private static String allowed(Set<String> handled) {
    TreeSet<String> methods = new TreeSet<>(handled);
    if (methods.contains("GET")) {
      methods.add("HEAD");
    }
    methods.add(OPTIONS);
    return String.join(", ", methods);
  }

  private String allowedAnywhere() {
    Set<String> methods = new TreeSet<>(READING);
    resources.forEach(resource -> methods.addAll(resource.methods()));
    return allowed(methods);
  }

  private static boolean hasValidQuery(RoutingRequest request) {
    try {
      UriValidator.validateQuery(request.prologue().query().rawValue());
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private void answer(
      Resource resource, String[] segments, RoutingRequest request, RoutingResponse response) {
    try {
      String method = request.prologue().method().text();
      Handler handler = resource.handler(method);
      if (handler == null && isOptions(request)) {
        tellAllowed(response, allowed(resource.methods()));
        return;
      }
      if (handler == null) {
        throw notAllowed(request, allowed(resource.methods()));
      }
      if (!resource.pattern().equals(HEALTH)) {
        requirement.run();
      }
      handler.handle(request, response, resource.variables(segments));
      response.commit();
    } catch (CloseConnectionException | UncheckedIOException e) {
      throw e;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (Exception | Error e) {
      fail(request, response, e);
    }
  }

  private void fail(RoutingRequest request, RoutingResponse response, Throwable failure) {
    send(request, response, asAnswer(request, failure));
  }

  /** Sends an error instead of the prepared answer. */
  public static void send(RoutingRequest request, RoutingResponse response, ApiException answer) {
    if (response.isSent() || !response.reset()) {
      // The status line was sent already. The only way to show the error is an incomplete body.
      throw new CloseConnectionException("the answer was cut off: " + answer.getMessage());
    }
    answer.headers().forEach((name, value) -> response.header(name, value));
    response.status(Status.create(answer.status()));
    if (!request.content().consumed()) {
      response.header(HeaderValues.CONNECTION_CLOSE);
    }
    Json.send(request, response, new Json.Failure(answer.code(), answer.getMessage()));
    response.commit();
  }

  private ApiException asAnswer(RoutingRequest request, Throwable failure) {
    log.answered(failure);
    if (failure instanceof ApiException known) {
      return known;
    }
    Optional<Problem> problem = Problem.of(failure);
    if (problem.isPresent()) {
      return problem.get().answer(failure, log);
    }
    if (failure instanceof BadRequestException bad) {
      return ApiException.badRequest("bad_request", String.valueOf(bad.getMessage()));
    }
    if (failure instanceof HttpException http) {
      return ApiException.of(
          http.status().code(), errorCode(http.status()), String.valueOf(http.getMessage()));
    }
    log.error(
        "request-failed",
        failure,
        "method",
        request.prologue().method().text(),
        "path",
        request.prologue().uriPath().rawPath());
    return ApiException.of(
        500, "internal_error", "the server failed at this request; its log tells why");
  }

  /** The {@code error} field for a status that has no more specific word. */
  static String errorCode(Status status) {
    return status.reasonPhrase().toLowerCase(java.util.Locale.ROOT).replaceAll("[^a-z0-9]+", "_");
  }
}
