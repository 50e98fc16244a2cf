package dev.controlplane.pprof.http.ui;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.Profiles;
import dev.controlplane.pprof.Source;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.writers.ProfileWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.Executors;

/** Serves the page of this JVM, with two profiles. */
final class PageServer implements AutoCloseable {
  private static final String ROOT = "/debug/pprof/";

  private final HttpServer server;
  private final Ui ui;
  private final FakeDeadlock deadlock = new FakeDeadlock();

  PageServer() throws IOException {
    Profiles profiles = new Profiles().add(new Named("goroutine")).add(deadlock);
    ui = new Ui(profiles, GoroutineProfiler.Options.defaults());
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(ROOT, this::answer);
    server.start();
  }

  String origin() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  String page() {
    return origin() + ROOT + "ui";
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath().substring(ROOT.length());
    if (path.startsWith("ui")) {
      UiAnswer answer =
          ui.answer(
              path.substring(2),
              Optional.ofNullable(exchange.getRequestHeaders().getFirst("If-None-Match")));
      answer.headers().forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
      send(exchange, answer.status(), answer.contentType(), answer.body());
    } else if (path.equals("goroutine")) {
      var body = new ByteArrayOutputStream();
      ProfileWriter.write(GoroutineProfiler.create().collect(Source.LIVE), body);
      send(exchange, 200, "application/octet-stream", body.toByteArray());
    } else {
      var body = new ByteArrayOutputStream();
      deadlock.writeText(1, ProfileKind.Parameters.NONE, body);
      send(exchange, 200, "text/plain; charset=utf-8", body.toByteArray());
    }
  }

  private static void send(HttpExchange exchange, int status, String type, byte[] body)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private static class Named implements ProfileKind.Snapshot {
    private final String name;

    Named(String name) {
      this.name = name;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public String description() {
      return "What <b>" + name + "</b> is";
    }

    @Override
    public long count() {
      return 0;
    }

    @Override
    public Profile collect(Parameters parameters) {
      throw new UnsupportedOperationException("the server does not ask for it");
    }

    @Override
    public void writeText(long debug, Parameters parameters, OutputStream out) {
      throw new UnsupportedOperationException("the server does not ask for it");
    }
  }

  private static final class FakeDeadlock extends Named {
    FakeDeadlock() {
      super("deadlock");
    }

    @Override
    public void writeText(long debug, Parameters parameters, OutputStream out) {
      new PrintStream(out, true, StandardCharsets.UTF_8)
          .print(
              "deadlock profile: total 2\n1 @ 0x1\n#\t0x1\tcom.example.Left.take+0x0\tL.java:1\n");
    }
  }
}
