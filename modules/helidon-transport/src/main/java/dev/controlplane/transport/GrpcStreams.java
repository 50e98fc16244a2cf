package dev.controlplane.transport;

import io.helidon.common.socket.SocketOptions;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.grpc.GrpcRouting;
import java.time.Duration;
import java.util.Objects;

/** Turns a Helidon listener into one that serves gRPC streams for days. */
public final class GrpcStreams {

  private GrpcStreams() {}

  /**
   * The limits of one listener.
   *
   * @param keepalive a peer from which nothing comes for so long, not even the answer to a PING, is
   *     gone
   * @param stallLimit how long a client may take nothing before its stream ends with
   *     RESOURCE_EXHAUSTED
   * @param maxInboundMessage the largest message a client may send, in bytes; a larger one ends its
   *     call with RESOURCE_EXHAUSTED
   * @param maxStreamsPerConnection how many streams a client may open on one connection
   */
  public record Settings(
      Duration keepalive, Duration stallLimit, int maxInboundMessage, int maxStreamsPerConnection) {
    public Settings {
      Objects.requireNonNull(keepalive, "keepalive");
      Objects.requireNonNull(stallLimit, "stallLimit");
      if (!keepalive.isPositive()) {
        throw new IllegalArgumentException("keepalive must be positive, not " + keepalive);
      }
      if (!stallLimit.isPositive()) {
        throw new IllegalArgumentException("stallLimit must be positive, not " + stallLimit);
      }
      if (maxInboundMessage < 1) {
        throw new IllegalArgumentException(
            "maxInboundMessage must be at least 1, not " + maxInboundMessage);
      }
      if (maxStreamsPerConnection < 1) {
        throw new IllegalArgumentException(
            "maxStreamsPerConnection must be at least 1, not " + maxStreamsPerConnection);
      }
    }

    /** 60 s, 60 s, 4 MiB, 65,536 streams. */
    public static Settings defaults() {
      return new Settings(Duration.ofSeconds(60), Duration.ofSeconds(60), 4 << 20, 1 << 16);
    }
  }

  /** Adds gRPC with these services to a listener, with all that long-lived streams need. */
  public static void configure(
      ListenerConfig.BuilderBase<?, ?> listener, Settings settings, GrpcRouting.Builder routing) {
    Objects.requireNonNull(settings, "settings");
    routing.intercept(new StreamCallInterceptor());
    Listeners.count(listener);
    listener
        // gRPC alone: nothing else is detected, and no "Upgrade: h2c" is taken.
        .protocolsDiscoverServices(false)
        .addRouting(routing)
        .addConnectionSelector(
            new GuardedSelector(
                settings.keepalive(),
                settings.stallLimit(),
                settings.maxStreamsPerConnection(),
                true,
                new GrpcSelector(settings)))
        .connectionOptions(
            listener
                .connectionOptions()
                .map(SocketOptions::builder)
                .orElseGet(SocketOptions::builder)
                .tcpNoDelay(true)
                .build())
        .useNio(false);
  }
}
