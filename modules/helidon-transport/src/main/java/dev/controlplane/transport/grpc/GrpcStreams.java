package dev.controlplane.transport.grpc;

import dev.controlplane.transport.frames.FrameLimits;
import dev.controlplane.transport.http2.InboundBytes;
import dev.controlplane.transport.http2.StreamBound;
import dev.controlplane.transport.http2.connection.GuardedSelector;
import dev.controlplane.transport.http2.connection.HttpStreams;
import dev.controlplane.transport.socket.Listeners;
import io.helidon.common.socket.SocketOptions;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.grpc.GrpcRouting;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/** Configures a Helidon listener for gRPC streams that stay open for days. */
public final class GrpcStreams {
  private GrpcStreams() {}

  /**
   * The limits of one listener.
   *
   * @param keepalive a peer that sends nothing for this long, not even the answer to a PING, is
   *     considered gone
   * @param stallLimit how long a client may accept no data before its stream ends with
   *     RESOURCE_EXHAUSTED
   * @param headTimeout how long the preface of a connection or the head of a request may take
   *     before the connection is closed
   * @param maxInboundMessage the largest message that a client may send, in bytes; a larger one
   *     ends its call with RESOURCE_EXHAUSTED
   * @param maxStreamsPerConnection how many streams a client may have open on one connection
   * @param inboundOfConnection how many bytes of unfinished messages the calls of one connection
   *     may hold in memory; exceeding it ends the call with RESOURCE_EXHAUSTED
   * @param inbound the same for all connections of the listener together
   * @param frames the limits against floods on one connection
   * @param compressResponses whether messages are compressed for clients that accept gzip
   */
  public record Settings(
      Duration keepalive,
      Duration stallLimit,
      Duration headTimeout,
      int maxInboundMessage,
      int maxStreamsPerConnection,
      long inboundOfConnection,
      long inbound,
      FrameLimits frames,
      boolean compressResponses) {
    public Settings {
      Objects.requireNonNull(keepalive, "keepalive");
      Objects.requireNonNull(stallLimit, "stallLimit");
      Objects.requireNonNull(frames, "frames");
      if (!keepalive.isPositive()) {
        throw new IllegalArgumentException("keepalive must be positive, not " + keepalive);
      }
      if (!stallLimit.isPositive()) {
        throw new IllegalArgumentException("stallLimit must be positive, not " + stallLimit);
      }
      if (!headTimeout.isPositive()) {
        throw new IllegalArgumentException("headTimeout must be positive, not " + headTimeout);
      }
      if (maxInboundMessage < 1) {
        throw new IllegalArgumentException(
            "maxInboundMessage must be at least 1, not " + maxInboundMessage);
      }
      if (maxStreamsPerConnection < 1) {
        throw new IllegalArgumentException(
            "maxStreamsPerConnection must be at least 1, not " + maxStreamsPerConnection);
      }
      if (inboundOfConnection < maxInboundMessage || inbound < inboundOfConnection) {
        throw new IllegalArgumentException(
            "maxInboundMessage, inboundOfConnection and inbound must not fall, as %d, %d, %d do"
                .formatted(maxInboundMessage, inboundOfConnection, inbound));
      }
    }

    /** The same, without compression. */
    public Settings(
        Duration keepalive,
        Duration stallLimit,
        Duration headTimeout,
        int maxInboundMessage,
        int maxStreamsPerConnection,
        long inboundOfConnection,
        long inbound,
        FrameLimits frames) {
      this(
          keepalive,
          stallLimit,
          headTimeout,
          maxInboundMessage,
          maxStreamsPerConnection,
          inboundOfConnection,
          inbound,
          frames,
          false);
    }

    /**
     * The same, with default flood limits, {@code inboundOfConnection} four times and {@code
     * inbound} 16 times the largest message.
     */
    public Settings(
        Duration keepalive,
        Duration stallLimit,
        Duration headTimeout,
        int maxInboundMessage,
        int maxStreamsPerConnection) {
      this(
          keepalive,
          stallLimit,
          headTimeout,
          maxInboundMessage,
          maxStreamsPerConnection,
          4L * maxInboundMessage,
          16L * maxInboundMessage,
          FrameLimits.DEFAULTS);
    }

    /** The same, with a head timeout of 20 s. */
    public Settings(
        Duration keepalive,
        Duration stallLimit,
        int maxInboundMessage,
        int maxStreamsPerConnection) {
      this(
          keepalive,
          stallLimit,
          HttpStreams.HEAD_TIMEOUT,
          maxInboundMessage,
          maxStreamsPerConnection);
    }

    /**
     * Keepalive 60 s, stall limit 60 s, head timeout 20 s, messages up to 4 MiB, 65,536 streams per
     * connection.
     */
    public static Settings defaults() {
      return new Settings(
          Duration.ofSeconds(60),
          Duration.ofSeconds(60),
          HttpStreams.HEAD_TIMEOUT,
          4 << 20,
          1 << 16);
    }
  }

  /** The address of the client whose call this thread handles; empty if it handles none. */
  public static Optional<SocketAddress> client() {
    return Optional.ofNullable(StreamCall.CURRENT.get()).map(StreamCall::client);
  }

  /**
   * Adds gRPC services to a listener, with everything that long-lived streams need.
   *
   * @return the counter of the memory that unfinished messages hold, for metrics
   */
  public static InboundBytes configure(
      ListenerConfig.BuilderBase<?, ?> listener, Settings settings, GrpcRouting.Builder routing) {
    return configure(listener, settings, routing, StreamBound.none());
  }

  /**
   * As {@link #configure(ListenerConfig.BuilderBase, Settings, GrpcRouting.Builder)}.
   *
   * @param calls bounds the calls of all connections; one more ends with RESOURCE_EXHAUSTED
   */
  public static InboundBytes configure(
      ListenerConfig.BuilderBase<?, ?> listener,
      Settings settings,
      GrpcRouting.Builder routing,
      StreamBound calls) {
    Objects.requireNonNull(settings, "settings");
    routing.intercept(new StreamCallInterceptor());
    Listeners.count(listener);
    InboundBytes inbound = new InboundBytes(settings.inboundOfConnection(), settings.inbound());
    listener
        // gRPC only: no other protocols are discovered, and "Upgrade: h2c" is not accepted.
        .protocolsDiscoverServices(false)
        .addRouting(routing)
        .addConnectionSelector(
            new GuardedSelector(
                settings.keepalive(),
                settings.stallLimit(),
                settings.headTimeout(),
                settings.maxStreamsPerConnection(),
                true,
                settings.frames(),
                inbound,
                calls,
                new GrpcSelector(settings)))
        .connectionOptions(
            listener
                .connectionOptions()
                .map(SocketOptions::builder)
                .orElseGet(SocketOptions::builder)
                .tcpNoDelay(true)
                .build())
        .useNio(false);
    return inbound;
  }
}
