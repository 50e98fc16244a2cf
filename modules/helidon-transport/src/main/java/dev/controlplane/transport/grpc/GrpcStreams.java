package dev.controlplane.transport.grpc;

import dev.controlplane.transport.frames.FrameLimits;
import dev.controlplane.transport.http2.GuardedSelector;
import dev.controlplane.transport.http2.HttpStreams;
import dev.controlplane.transport.http2.InboundBytes;
import dev.controlplane.transport.socket.Listeners;
import io.helidon.common.socket.SocketOptions;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.grpc.GrpcRouting;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

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
   * @param headTimeout how long the start of a connection or the head of a request may be on its
   *     way before the connection is closed
   * @param maxInboundMessage the largest message a client may send, in bytes; a larger one ends its
   *     call with RESOURCE_EXHAUSTED
   * @param maxStreamsPerConnection how many streams a client may open on one connection
   * @param inboundOfConnection how many bytes of messages the calls of one connection may have
   *     begun to send; one more ends its call with RESOURCE_EXHAUSTED
   * @param inbound the same for all connections together
   * @param frames that carry nothing, of one connection
   * @param compressResponses whether messages go out compressed to clients that can read gzip
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

    /** The same, with room for four of the largest messages on a connection, and for 16 in all. */
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

    /** The same, with 20 s for a head. */
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

    /** 60 s, 60 s, 20 s, 4 MiB, 65,536 streams. */
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
   * Adds gRPC with these services to a listener, with all that long-lived streams need.
   *
   * @return the memory of what clients have begun to send, for those who watch it
   */
  public static InboundBytes configure(
      ListenerConfig.BuilderBase<?, ?> listener, Settings settings, GrpcRouting.Builder routing) {
    Objects.requireNonNull(settings, "settings");
    routing.intercept(new StreamCallInterceptor());
    Listeners.count(listener);
    InboundBytes inbound = new InboundBytes(settings.inboundOfConnection(), settings.inbound());
    listener
        // gRPC alone: nothing else is detected, and no "Upgrade: h2c" is taken.
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
