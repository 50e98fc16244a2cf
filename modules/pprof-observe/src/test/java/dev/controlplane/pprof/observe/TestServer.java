package dev.controlplane.pprof.observe;

import dev.controlplane.pprof.Source;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpRouting;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;

/** A Helidon server whose own route answers everything that pprof leaves to it. */
record TestServer(WebServer server, PprofFeature feature) implements AutoCloseable {
  static TestServer start(PprofSettings settings) {
    return start(settings, InetAddress.getLoopbackAddress());
  }

  static TestServer start(PprofSettings settings, InetAddress address) {
    PprofFeature feature = PprofFeature.create(settings);
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
    return new TestServer(server, feature);
  }

  static PprofSettings access(Access access) {
    return new PprofSettings(
        access, Optional.empty(), Optional.empty(), true, Source.AUTO, true, 16);
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
