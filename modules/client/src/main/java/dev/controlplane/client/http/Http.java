package dev.controlplane.client.http;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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

/** HTTP as the control plane speaks it: JSON answers, and errors of {@code {"error","message"}}. */
public final class Http implements AutoCloseable {
  /** No connection, answer or byte for so long: the other side is given up. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final int MAX_JSON = 64 * 1024 * 1024;
  private static final int MAX_ERROR = 64 * 1024;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Proxies proxies;
  private final Connections connections;
  private final HttpClient client;

  public Http(Proxies proxies) {
    this.proxies = proxies;
    this.connections = new Connections(proxies, CONNECT);
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            // Over clear text HTTP/2 would begin with an upgrade that bodies have to wait for.
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .proxy(proxies.selector());
    if (proxies.haveUsers()) {
      builder.authenticator(proxies.authenticator());
    }
    this.client = builder.build();
  }

  /** Which proxies lead to servers. */
  Proxies proxies() {
    return proxies;
  }

  /** Connections for requests that the HTTP client can't make. */
  Connections connections() {
    return connections;
  }

  /** Sends a request that moves few bytes and returns the JSON object that answers it. */
  JsonNode json(Server server, HttpRequest request)
      throws ControlPlaneException, InterruptedException {
    return json(server, request, () -> 0);
  }

  /** Sends a request that is answered with a status alone. */
  void noContent(Server server, HttpRequest request)
      throws ControlPlaneException, InterruptedException {
    HttpResponse<byte[]> response =
        await(
            server,
            request,
            client.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_JSON)),
            () -> 0);
    if (response.statusCode() / 100 != 2) {
      throw refusal(server, response.uri(), response.statusCode(), response.body());
    }
  }

  /**
   * Sends a request and returns the JSON object that answers it.
   *
   * @param moved how many bytes of the request's body have gone; as long as it grows, the call is
   *     given more time
   */
  JsonNode json(Server server, HttpRequest request, LongSupplier moved)
      throws ControlPlaneException, InterruptedException {
    HttpResponse<byte[]> response =
        await(
            server,
            request,
            client.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_JSON)),
            moved);
    return json(server, response.uri(), response.statusCode(), response.body());
  }

  /** The JSON object that an answer consists of. */
  JsonNode json(Server server, URI uri, int status, byte[] body) throws ControlPlaneException {
    if (status / 100 != 2) {
      throw refusal(server, uri, status, body);
    }
    try {
      JsonNode answer = JSON.readTree(body);
      if (answer != null && answer.isObject()) {
        return answer;
      }
      throw notJson(server, uri, null);
    } catch (JacksonException e) {
      throw notJson(server, uri, e);
    } catch (IOException e) {
      throw new UnreachableException(server, base(uri), e);
    }
  }

  /** Sends a request and returns as soon as the headers of the answer are there. */
  HttpResponse<BodyChunks> open(Server server, HttpRequest request)
      throws ControlPlaneException, InterruptedException {
    return await(server, request, client.sendAsync(request, _ -> new BodyChunks()), () -> 0);
  }

  /** What an answer that is not a success says; closes it. */
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
      // The status alone has to do.
      text.setLength(0);
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    return refusal(server, response.uri(), response.statusCode(), bytes);
  }

  private static RefusedException refusal(Server server, URI uri, int status, byte[] body) {
    try {
      JsonNode answer = JSON.readTree(body);
      if (answer != null && answer.path("message").isTextual()) {
        return RefusedException.http(
            server, status, answer.path("error").asText(""), answer.path("message").asText());
      }
    } catch (IOException e) {
      // Not ours: a proxy's page, say. The status is what there is to tell.
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
