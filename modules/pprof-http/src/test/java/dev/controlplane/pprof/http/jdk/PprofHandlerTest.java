package dev.controlplane.pprof.http.jdk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.net.httpserver.HttpServer;
import dev.controlplane.pprof.Profiles;
import dev.controlplane.pprof.http.AdapterContract;
import dev.controlplane.pprof.http.PprofEndpoint;
import dev.controlplane.pprof.http.Wire;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** The adapter for the JDK's HTTP server. */
class PprofHandlerTest extends AdapterContract {
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private HttpServer server;

  private HttpServer create() throws IOException {
    HttpServer created =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    created.setExecutor(threads);
    return created;
  }

  @Override
  protected int start(PprofEndpoint endpoint) throws IOException {
    server = create();
    byte[] users = "the user's".getBytes(StandardCharsets.UTF_8);
    server
        .createContext(
            "/",
            exchange -> {
              exchange.sendResponseHeaders(200, users.length);
              exchange.getResponseBody().write(users);
              exchange.close();
            })
        .getFilters()
        .add(new PprofHandler(endpoint));
    server.start();
    return server.getAddress().getPort();
  }

  @Override
  protected void stop() {
    server.stop(0);
    threads.shutdownNow();
  }

  @Test
  void asTheHandlerOfAContextItAnswersThereOnly() throws IOException {
    HttpServer alone = create();
    alone.createContext("/debug/pprof", new PprofHandler(PprofEndpoint.create(new Profiles())));
    alone.start();
    try {
      int port = alone.getAddress().getPort();
      assertEquals(200, Wire.get(port, "/debug/pprof/").status());
      assertEquals(307, Wire.get(port, "/debug/pprof").status());
      assertEquals(404, Wire.get(port, "/debug/pprofx").status());
      assertEquals(404, Wire.get(port, "/debug/pprof/nosuch").status());
    } finally {
      alone.stop(0);
    }
  }
}
