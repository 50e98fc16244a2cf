package dev.controlplane.client.stream;

import dev.controlplane.client.GrpcAddress;
import dev.controlplane.client.Proxies;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Opens connections to the grpc-server. */
public final class GrpcChannels {
  private static final int MAX_MESSAGE = 256 * 1024 * 1024;

  /**
   * With the timeout below, a dead connection is noticed after at most 40 s. It also keeps
   * connections open through NATs with a timeout of a minute.
   */
  private static final Duration KEEPALIVE = Duration.ofSeconds(30);

  private static final Duration KEEPALIVE_TIMEOUT = Duration.ofSeconds(10);

  static {
    // Netty reads both when it is first used. Its use of Unsafe makes JDK 24 and later print
    // warnings. Its native transport unpacks a library into the temporary directory, with no
    // benefit for a single connection.
    prefer("io.grpc.netty.shaded.io.netty.noUnsafe");
    prefer("io.grpc.netty.shaded.io.netty.transport.noNative");
  }

  private final GrpcAddress address;
  private final Proxies proxies;

  public GrpcChannels(GrpcAddress address, Proxies proxies) {
    this.address = address;
    this.proxies = proxies;
  }

  /** The server's address. */
  GrpcAddress address() {
    return address;
  }

  private static void prefer(String property) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, "true");
    }
  }

  /** Creates a channel, which connects when it is first used. */
  ManagedChannel open() {
    NettyChannelBuilder builder =
        NettyChannelBuilder.forAddress(address.host(), address.port())
            .keepAliveTime(KEEPALIVE.toSeconds(), TimeUnit.SECONDS)
            .keepAliveTimeout(KEEPALIVE_TIMEOUT.toSeconds(), TimeUnit.SECONDS)
            .maxInboundMessageSize(MAX_MESSAGE)
            // Without a detector, grpc-java would use the proxies of the JVM's properties.
            .proxyDetector(target -> proxies.detected(address, target))
            .directExecutor();
    return (address.tls() ? builder.useTransportSecurity() : builder.usePlaintext()).build();
  }
}
