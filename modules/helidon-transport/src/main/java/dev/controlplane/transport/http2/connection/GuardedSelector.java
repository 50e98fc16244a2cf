package dev.controlplane.transport.http2.connection;

import dev.controlplane.transport.frames.FrameBudget;
import dev.controlplane.transport.frames.FrameLimits;
import dev.controlplane.transport.frames.FrameReader;
import dev.controlplane.transport.hpack.LargeHead;
import dev.controlplane.transport.http2.ClientFrames;
import dev.controlplane.transport.http2.ConnectionOutput;
import dev.controlplane.transport.http2.InboundBytes;
import dev.controlplane.transport.http2.InboundFrames;
import dev.controlplane.transport.http2.StreamBound;
import dev.controlplane.transport.socket.Leaving;
import io.helidon.common.buffers.BufferData;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http2.Http2Config;
import io.helidon.webserver.http2.Http2ConnectionSelector;
import io.helidon.webserver.http2.spi.Http2SubProtocolSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Set;

/**
 * Creates Helidon's HTTP/2 connections with this module between them and the socket, and between
 * them and the handlers.
 */
public final class GuardedSelector implements ServerConnectionSelector {
  private final Duration stallLimit;
  private final int maxStreams;
  private final boolean takesBodies;
  private final FrameLimits limits;
  private final InboundBytes inbound;
  private final StreamBound bound;
  private final Watchdog watchdog;
  private final Http2ConnectionSelector http2;

  public GuardedSelector(
      Duration keepalive,
      Duration stallLimit,
      Duration headTimeout,
      int maxStreams,
      boolean takesBodies,
      FrameLimits limits,
      InboundBytes inbound,
      StreamBound bound,
      Http2SubProtocolSelector subProtocol) {
    this.bound = bound;
    this.limits = limits;
    this.inbound = inbound;
    this.stallLimit = stallLimit;
    this.maxStreams = maxStreams;
    this.takesBodies = takesBodies;
    this.watchdog = new Watchdog(keepalive, stallLimit, headTimeout);
    this.http2 =
        Http2ConnectionSelector.builder()
            .http2Config(
                Http2Config.builder()
                    // FrameBudget counts resets.
                    .maxRapidResets(-1)
                    // InboundFrames counts empty frames.
                    .maxEmptyFrames(Integer.MAX_VALUE - 1)
                    .maxConcurrentStreams(maxStreams)
                    // ClientFrames enforces the limit; Helidon announces it to the client.
                    .maxHeaderListSize(LargeHead.MOST)
                    // Helidon would end the connection for an invalid path. Handlers check paths
                    // themselves.
                    .validatePath(false)
                    .build())
            .addSubProtocolSelector(subProtocol)
            .build();
  }

  @Override
  public int bytesToIdentifyConnection() {
    return http2.bytesToIdentifyConnection();
  }

  @Override
  public Support supports(BufferData data) {
    return http2.supports(data);
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return http2.supportedApplicationProtocols();
  }

  @Override
  public ServerConnection connection(ConnectionContext context) {
    try {
      return guarded(context);
    } catch (Error e) {
      throw Leaving.logged(e);
    }
  }

  private GuardedConnection guarded(ConnectionContext context) {
    FrameBudget budget = new FrameBudget(limits);
    ConnectionOutput output =
        new ConnectionOutput(
            context.dataWriter(),
            new SocketCloser(context),
            "[" + context.socketId() + " " + context.childSocketId() + "] HTTP/2 writer",
            stallLimit,
            budget,
            bound);
    FrameReader reader = new FrameReader(context.dataReader());
    InboundFrames frames =
        new InboundFrames(
            reader,
            output,
            new ClientFrames(output, budget, takesBodies),
            budget,
            limits.continuations());
    ServerConnection connection =
        http2.connection(
            new GuardedContext(context, frames, output, inbound.connection(), maxStreams));
    return new GuardedConnection(connection, context.dataWriter(), reader, output, watchdog);
  }

  /**
   * Closes the socket under its reader and writer. Runs on its own thread, because closing a TLS
   * socket waits for its writer.
   */
  private record SocketCloser(ConnectionContext context) implements Runnable {
    @Override
    public void run() {
      Thread.ofVirtual()
          .name("[" + context.socketId() + " " + context.childSocketId() + "] close")
          .start(this::close);
    }

    private void close() {
      try {
        context.serverSocket().close();
      } catch (RuntimeException e) {
        System.getLogger(GuardedSelector.class.getName())
            .log(System.Logger.Level.TRACE, "closed already", e);
      }
    }
  }
}
