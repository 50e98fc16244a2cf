package dev.controlplane.pprof.attach;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import dev.controlplane.pprof.GoroutineCensus;
import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.Profiles;
import dev.controlplane.pprof.http.ui.Ui;
import dev.controlplane.pprof.http.ui.UiAnswer;
import dev.controlplane.pprof.writers.ProfileWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/** Answers for {@code /debug/pprof/}. */
final class AttachedHandler implements HttpHandler {
  private final Profiles profiles;
  private final Ui ui;

  AttachedHandler(Profiles profiles) {
    this.profiles = profiles;
    this.ui = new Ui(profiles, new GoroutineCensus(GoroutineProfiler.Options.defaults()));
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    if (!isOfThisMachine(exchange)) {
      send(
          exchange,
          403,
          "text/plain; charset=utf-8",
          Map.of("X-Go-Pprof", "1"),
          "pprof: not for web pages of other sites; open it as localhost\n"
              .getBytes(StandardCharsets.UTF_8));
      return;
    }
    String name = exchange.getRequestURI().getPath().replaceFirst("^/debug/pprof/?", "");
    if (name.equals("ui") || name.startsWith("ui/")) {
      UiAnswer answer =
          ui.answer(
              name.substring(2),
              Optional.ofNullable(exchange.getRequestHeaders().getFirst("If-None-Match")));
      send(exchange, answer.status(), answer.contentType(), answer.headers(), answer.body());
      return;
    }
    Optional<ProfileKind> kind = profiles.find(name);
    if (kind.isPresent() && kind.get() instanceof ProfileKind.Collected collected) {
      var body = new ByteArrayOutputStream();
      try {
        ProfileWriter.write(collected.collect(ProfileKind.Parameters.NONE), body);
      } catch (ProfileKind.IllegalParameterException e) {
        throw new IOException(e);
      }
      send(exchange, 200, "application/octet-stream", Map.of(), body.toByteArray());
    } else {
      send(
          exchange,
          404,
          "text/plain",
          Map.of(),
          "Unknown profile\n".getBytes(StandardCharsets.UTF_8));
    }
  }

  /**
   * Whether no page of another site asks: neither through a name of its own that leads to this
   * machine (DNS rebinding) nor from within a browser.
   */
  private static boolean isOfThisMachine(HttpExchange exchange) {
    Headers headers = exchange.getRequestHeaders();
    String host = String.valueOf(headers.getFirst("Host")).replaceFirst(":\\d+$", "");
    String site = headers.getFirst("Sec-Fetch-Site");
    boolean foreign = "cross-site".equals(site) || "same-site".equals(site);
    return (host.equals("127.0.0.1") || host.equals("localhost"))
        && (!foreign || "navigate".equals(headers.getFirst("Sec-Fetch-Mode")));
  }

  private static void send(
      HttpExchange exchange, int status, String type, Map<String, String> headers, byte[] body)
      throws IOException {
    headers.forEach((header, value) -> exchange.getResponseHeaders().set(header, value));
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }
}
