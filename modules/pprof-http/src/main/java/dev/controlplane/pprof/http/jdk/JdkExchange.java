package dev.controlplane.pprof.http.jdk;

import com.sun.net.httpserver.HttpExchange;
import dev.controlplane.pprof.http.Exchange;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.Optional;

/** A request to the JDK's HTTP server. */
record JdkExchange(HttpExchange exchange) implements Exchange {
  @Override
  public String method() {
    return exchange.getRequestMethod();
  }

  @Override
  public String rawPath() {
    return Objects.requireNonNullElse(exchange.getRequestURI().getRawPath(), "");
  }

  @Override
  public String rawQuery() {
    return Objects.requireNonNullElse(exchange.getRequestURI().getRawQuery(), "");
  }

  @Override
  public Optional<String> header(String name) {
    return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
  }

  @Override
  public InetSocketAddress peer() {
    return exchange.getRemoteAddress();
  }

  @Override
  public int localPort() {
    return exchange.getLocalAddress().getPort();
  }

  @Override
  public InputStream body() {
    return exchange.getRequestBody();
  }

  @Override
  public void setHeader(String name, String value) {
    exchange.getResponseHeaders().set(name, value);
  }

  @Override
  public OutputStream respond(int status, long length) throws IOException {
    boolean isHead = method().equals("HEAD");
    if (isHead) {
      setHeader("Content-Length", String.valueOf(length));
    }
    // This server's own numbers: 0 for an unknown length, -1 for no body.
    exchange.sendResponseHeaders(status, isHead || length == 0 ? -1 : Math.max(length, 0));
    return exchange.getResponseBody();
  }
}
