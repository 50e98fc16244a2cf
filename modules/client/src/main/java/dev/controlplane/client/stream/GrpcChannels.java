package dev.controlplane.client.stream;

import dev.controlplane.client.GrpcAddress;
import dev.controlplane.client.Proxies;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Connections to the grpc-server. */
public final class GrpcChannels {
  private static final int MAX_MESSAGE = 256 * 1024 * 1024;

  /**
   * A dead path is noticed after 40 s at most, and kept open through NATs that forget in a minute.
   */
  private static final Duration KEEPALIVE = Duration.ofSeconds(30);

  private static final Duration KEEPALIVE_TIMEOUT = Duration.ofSeconds(10);

  static {
    // Both are read by Netty when it is first used. Its Unsafe paths make JDK 24 and newer print
    // warnings; its native transport unpacks a library to the temporary directory, for nothing that
    // one connection would gain.
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

  /** A channel that connects when it is first used. */
  ManagedChannel open() {
    NettyChannelBuilder builder =
        NettyChannelBuilder.forAddress(address.host(), address.port())
            .keepAliveTime(KEEPALIVE.toSeconds(), TimeUnit.SECONDS)
            .keepAliveTimeout(KEEPALIVE_TIMEOUT.toSeconds(), TimeUnit.SECONDS)
            .maxInboundMessageSize(MAX_MESSAGE)
            // Without one, grpc-java would look for the proxies of the JVM's properties.
            .proxyDetector(target -> proxies.detected(address, target))
            .directExecutor();
    return (address.tls() ? builder.useTransportSecurity() : builder.usePlaintext()).build();
  }
}
