package dev.controlplane.pprof.helidon;

import dev.controlplane.pprof.http.AdapterContract;
import dev.controlplane.pprof.http.PprofEndpoint;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpRouting;
import java.net.InetAddress;

/** The adapter for Helidon. */
class PprofFilterTest extends AdapterContract {
  private WebServer server;

  @Override
  protected int start(PprofEndpoint endpoint) {
    server =
        WebServerConfig.builder()
            .address(InetAddress.getLoopbackAddress())
            .port(0)
            .featuresDiscoverServices(false)
            .addFeature(PprofFeature.create(endpoint))
            .routing(HttpRouting.builder().any((request, response) -> response.send("the user's")))
            .build()
            .start();
    return server.port();
  }

  @Override
  protected void stop() {
    server.stop();
  }
}
