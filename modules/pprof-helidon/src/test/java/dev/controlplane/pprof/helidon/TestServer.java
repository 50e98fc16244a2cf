package dev.controlplane.pprof.helidon;

import dev.controlplane.pprof.StandardProfiles;
import dev.controlplane.pprof.http.Access;
import dev.controlplane.pprof.http.PprofEndpoint;
import dev.controlplane.pprof.http.Wire;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpRouting;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** A Helidon server whose own route answers everything that pprof leaves to it. */
record TestServer(WebServer server, PprofEndpoint endpoint, PprofFeature feature)
    implements AutoCloseable {
  static TestServer start() {
    return start(options().build());
  }

  static TestServer start(PprofEndpoint endpoint) {
    return start(endpoint, InetAddress.getLoopbackAddress());
  }

  static TestServer start(PprofEndpoint endpoint, InetAddress address) {
    return start(endpoint, PprofFeature.create(endpoint), address);
  }

  static TestServer start(PprofEndpoint endpoint, PprofFeature feature, InetAddress address) {
    WebServer server =
        WebServerConfig.builder()
            .address(address)
            .port(0)
            .featuresDiscoverServices(false)
            .addFeature(feature)
            .routing(
                HttpRouting.builder()
                    .any((request, response) -> response.status(404).send("the user's")))
            .build()
            .start();
    return new TestServer(server, endpoint, feature);
  }

  static PprofEndpoint.Builder options() {
    return PprofEndpoint.builder(StandardProfiles.builder().build().profiles());
  }

  static PprofEndpoint access(Access access) {
    return options().access(access).build();
  }

  InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port());
  }

  Wire.Answer get(String target, String... headers) {
    return Wire.send(address(), "GET", target, "", headers);
  }

  @Override
  public void close() {
    server.stop();
  }
}
