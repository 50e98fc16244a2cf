package dev.controlplane.client;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Answers as told, wrongly too, where a real server can't be made to; remembers what it was asked.
 */
public final class FakeServer implements AutoCloseable {
  /** What answers. */
  @FunctionalInterface
  public interface Handler {
    void handle(HttpExchange exchange) throws IOException;
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<String> requests = new CopyOnWriteArrayList<>();

  /** Listens on a free port of this machine. */
  public FakeServer(Handler handler) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            String range = exchange.getRequestHeaders().getFirst("Range");
            requests.add(
                exchange.getRequestMethod()
                    + " "
                    + exchange.getRequestURI().toASCIIString()
                    + (range == null ? "" : " " + range));
            handler.handle(exchange);
          }
        });
    server.start();
  }

  /** Its base URL. */
  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** A client that finds every server here. */
  public ControlPlaneClient client() {
    return client(url());
  }

  /** A client that finds every HTTP server at this address. */
  public static ControlPlaneClient client(String address) {
    var url = Endpoints.httpUrl(address);
    return new ControlPlaneClient(
        new Endpoints(url, url, GrpcAddress.parse(Endpoints.DEFAULT_GRPC), url), Fixtures.QUICK);
  }

  /** Method, path as it was on the wire, and range of each request so far. */
  public List<String> requests() {
    return requests;
  }

  /** Answers with JSON. */
  public static void json(HttpExchange exchange, int status, String body) throws IOException {
    exchange.getRequestBody().readAllBytes();
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  /**
   * Answers with a version's bytes as the consumer-server does, a range of them where asked with a
   * tag that matches, and ends the connection after so many of them.
   */
  public static void bytes(HttpExchange exchange, byte[] bytes, String checksum, int cutAfter)
      throws IOException {
    var asked = exchange.getRequestHeaders();
    String tag = "\"" + checksum + "\"";
    int from = 0;
    int status = 200;
    String tagged = asked.getFirst("If-Range");
    if (asked.getFirst("Range") != null && (tagged == null || tag.equals(tagged))) {
      from = Integer.parseInt(asked.getFirst("Range").replaceAll("bytes=(\\d+)-", "$1"));
      if (from >= bytes.length) {
        exchange.sendResponseHeaders(416, -1);
        return;
      }
      status = 206;
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes %d-%d/%d".formatted(from, bytes.length - 1, bytes.length));
    }
    exchange.getResponseHeaders().set("ETag", tag);
    exchange.getResponseHeaders().set("X-File-Checksum", checksum);
    exchange.getResponseHeaders().set("X-File-Version", "1.0.0");
    exchange.sendResponseHeaders(status, bytes.length == from ? -1 : bytes.length - from);
    OutputStream body = exchange.getResponseBody();
    body.write(bytes, from, Math.min(cutAfter, bytes.length - from));
    body.flush();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
