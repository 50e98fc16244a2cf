package dev.controlplane.grpc;

import dev.controlplane.server.ServerProcess;
import dev.controlplane.server.settings.Settings;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** grpc-server as it is, but for the life of a process: for tests that need many of them. */
public final class InProcessServer implements AutoCloseable {
  private final WebServer server;
  private final AutoCloseable resources;
  private final List<ManagedChannel> channels = new ArrayList<>();

  public InProcessServer(Path data, Map<String, String> environment) {
    Map<String, String> all =
        new HashMap<>(Map.of("STORAGE_PATH", data.toString(), "GRPC_PORT", "0", "HTTP_PORT", "0"));
    all.putAll(environment);
    WebServerConfig.Builder builder = WebServerConfig.builder();
    try {
      resources =
          ServerProcess.configure("grpc-server", Settings.load(all), builder, new GrpcServer());
      server = builder.build().start();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** A connection of its own. */
  public ManagedChannel connect() {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.port("grpc")).usePlaintext().build();
    channels.add(channel);
    return channel;
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    server.stop();
    try {
      resources.close();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
