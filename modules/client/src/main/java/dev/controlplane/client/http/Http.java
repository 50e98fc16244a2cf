package dev.controlplane.client.http;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.controlplane.client.ControlPlaneException;
import dev.controlplane.client.Proxies;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.Server;
import dev.controlplane.client.UnexpectedAnswerException;
import dev.controlplane.client.UnreachableException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLParameters;

/**
 * The HTTP conventions of the control plane: answers in JSON, and errors as {@code
 * {"error","message"}}.
 */
public final class Http implements AutoCloseable {
  /** How long to wait for a connection, an answer or further bytes before giving up. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final int MAX_JSON = 64 * 1024 * 1024;
  private static final int MAX_ERROR = 64 * 1024;

  private final Proxies proxies;
  private final Connections connections;
  private final HttpClient client;

  public Http(Proxies proxies) {
    this.proxies = proxies;
    this.connections = new Connections(proxies, CONNECT);
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            // Over cleartext, HTTP/2 would begin with an upgrade that delays request bodies.
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .sslContext(DefaultTls.context())
            // Of what these leave open, a connection has the context's own.
            .sslParameters(new SSLParameters())
            .proxy(proxies.selector());
    if (proxies.haveUsers()) {
      builder.authenticator(proxies.authenticator());
    }
    this.client = builder.build();
  }

  /** The proxies for servers. */
  Proxies proxies() {
    return proxies;
  }

  /** Opens connections for requests that the HTTP client can't make. */
  Connections connections() {
    return connections;
  }

  /** Sends a small request and returns the JSON object in the answer. */
  JsonNode json(Server server, HttpRequest request)
      throws ControlPlaneException, InterruptedException {
    return json(server, request, () -> 0);
  }

  /** Sends a request that moves few bytes and returns what answers it, whatever its status. */
  HttpResponse<byte[]> answer(Server server, HttpRequest request)
      throws ControlPlaneException, InterruptedException {
    return answer(server, request, () -> 0);
  }

  private HttpResponse<byte[]> answer(Server server, HttpRequest request, LongSupplier moved)
      throws ControlPlaneException, InterruptedException {
    var handler = BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_JSON);
    return await(server, request, client.sendAsync(request, handler), moved);
  }

  /** Sends a request whose answer is only a status. */
  void noContent(Server server, HttpRequest request)
      throws ControlPlaneException, InterruptedException {
    HttpResponse<byte[]> response = answer(server, request);
    if (response.statusCode() / 100 != 2) {
      throw refusal(server, response.uri(), response.statusCode(), response.body());
    }
  }

  /**
   * Sends a request and returns the JSON object in the answer.
   *
   * @param moved how many bytes of the request body were sent; while it grows, the timeout is
   *     extended
   */
  JsonNode json(Server server, HttpRequest request, LongSupplier moved)
      throws ControlPlaneException, InterruptedException {
    HttpResponse<byte[]> response = answer(server, request, moved);
    return json(server, response.uri(), response.statusCode(), response.body());
  }

  /** Parses the JSON object in an answer. */
  JsonNode json(Server server, URI uri, int status, byte[] body) throws ControlPlaneException {
    if (status / 100 != 2) {
      throw refusal(server, uri, status, body);
    }
    try {
      JsonNode answer = JsonTree.read(body);
      if (answer.isObject()) {
        return answer;
      }
      throw notJson(server, uri, null);
    } catch (JacksonException e) {
      throw notJson(server, uri, e);
    } catch (IOException e) {
      throw new UnreachableException(server, base(uri), e);
    }
  }

  /** Sends a request and returns as soon as the headers of the answer have arrived. */
  HttpResponse<BodyChunks> open(Server server, HttpRequest request)
      throws ControlPlaneException, InterruptedException {
    return await(server, request, client.sendAsync(request, _ -> new BodyChunks()), () -> 0);
  }

  /** Converts an error answer to an exception, and closes the answer. */
  static RefusedException refusal(Server server, HttpResponse<BodyChunks> response)
      throws InterruptedException {
    StringBuilder text = new StringBuilder();
    try (BodyChunks body = response.body()) {
      for (var piece = body.next(CONNECT);
          piece != null && text.length() < MAX_ERROR;
          piece = body.next(CONNECT)) {
        piece.forEach(buffer -> text.append(StandardCharsets.UTF_8.decode(buffer)));
      }
    } catch (IOException e) {
      // Only the status is known.
      text.setLength(0);
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    return refusal(server, response.uri(), response.statusCode(), bytes);
  }

  private static RefusedException refusal(Server server, URI uri, int status, byte[] body) {
    try {
      JsonNode answer = JsonTree.read(body);
      if (answer.path("message").isTextual()) {
        return RefusedException.http(
            server, status, answer.path("error").asText(""), answer.path("message").asText());
      }
    } catch (IOException e) {
      // It is not an answer of ours, but for example a proxy's page. Only the status is known.
    }
    return RefusedException.foreign(
        server,
        status,
        "%s answered with status %d and no reason that could be read".formatted(uri, status));
  }

  private static UnexpectedAnswerException notJson(Server server, URI uri, Throwable cause) {
    return new UnexpectedAnswerException(
        server,
        "%s answered with something other than a JSON object: is this the %s?"
            .formatted(uri, server),
        cause);
  }

  private <T> HttpResponse<T> await(
      Server server,
      HttpRequest request,
      CompletableFuture<HttpResponse<T>> response,
      LongSupplier moved)
      throws UnreachableException, InterruptedException {
    long before = moved.getAsLong();
    while (true) {
      try {
        return response.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        long now = moved.getAsLong();
        if (now == before) {
          response.cancel(true);
          String problem = "no answer for " + PATIENCE.toSeconds() + " s";
          throw unreachable(server, request.uri(), problem, e);
        }
        before = now;
      } catch (ExecutionException e) {
        String problem = UnreachableException.problem(e.getCause());
        throw unreachable(server, request.uri(), problem, e.getCause());
      } catch (InterruptedException e) {
        response.cancel(true);
        throw e;
      }
    }
  }

  /** Names the proxy, if there is one on the way: it may be the one that is at fault. */
  UnreachableException unreachable(Server server, URI uri, String problem, Throwable cause) {
    InetSocketAddress proxy = proxies.address(uri);
    String way =
        proxy == null
            ? ""
            : " (through the proxy %s:%d)".formatted(proxy.getHostString(), proxy.getPort());
    return new UnreachableException(server, base(uri), problem + way, cause);
  }

  static String base(URI uri) {
    return uri.getScheme() + "://" + uri.getRawAuthority();
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
