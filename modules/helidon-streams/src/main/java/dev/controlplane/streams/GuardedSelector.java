package dev.controlplane.streams;

import io.helidon.common.buffers.BufferData;
import io.helidon.http.HttpPrologue;
import io.helidon.http.http2.Http2Headers;
import io.helidon.http.http2.Http2Settings;
import io.helidon.http.http2.Http2StreamState;
import io.helidon.http.http2.Http2StreamWriter;
import io.helidon.http.http2.StreamFlowControl;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.Router;
import io.helidon.webserver.grpc.GrpcConfig;
import io.helidon.webserver.grpc.GrpcProtocolSelector;
import io.helidon.webserver.http2.Http2Config;
import io.helidon.webserver.http2.Http2ConnectionSelector;
import io.helidon.webserver.http2.spi.Http2SubProtocolSelector;
import io.helidon.webserver.http2.spi.SubProtocolResult;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.util.Set;

/**
 * Makes Helidon's HTTP/2 connections, with this module between them and the socket, and between
 * them and gRPC.
 */
final class GuardedSelector implements ServerConnectionSelector {
  private final GrpcStreams.Settings settings;
  private final Watchdog watchdog;
  private final Http2ConnectionSelector http2;

  GuardedSelector(GrpcStreams.Settings settings) {
    this.settings = settings;
    this.watchdog = new Watchdog(settings.keepalive(), settings.stallLimit());
    this.http2 =
        Http2ConnectionSelector.builder()
            .http2Config(
                Http2Config.builder()
                    // Counted by RapidResets.
                    .maxRapidResets(-1)
                    .maxConcurrentStreams(settings.maxStreamsPerConnection())
                    .build())
            .addSubProtocolSelector(new Grpc(settings))
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
    ConnectionOutput output =
        new ConnectionOutput(
            context.dataWriter(),
            new SocketCloser(context),
            "[" + context.socketId() + " " + context.childSocketId() + "] gRPC writer",
            settings.stallLimit());
    InboundFrames frames = new InboundFrames(context.dataReader(), output);
    ServerConnection connection = http2.connection(new GuardedContext(context, frames, output));
    return new GuardedConnection(connection, frames, output, watchdog);
  }

  /**
   * Closes the socket under its reader and writer, on a thread of its own: a TLS socket waits for
   * its writer.
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

  /** Helidon's gRPC, with a {@link StreamHandler} round each of its handlers. */
  private static final class Grpc implements Http2SubProtocolSelector {
    private final Http2SubProtocolSelector grpc;
    private final GrpcStreams.Settings settings;

    Grpc(GrpcStreams.Settings settings) {
      this.settings = settings;
      this.grpc =
          GrpcProtocolSelector.create(GrpcConfig.builder().enableCompression(false).build());
    }

    @Override
    public SubProtocolResult subProtocol(
        ConnectionContext context,
        HttpPrologue prologue,
        Http2Headers headers,
        Http2StreamWriter writer,
        int streamId,
        Http2Settings serverSettings,
        Http2Settings clientSettings,
        StreamFlowControl flowControl,
        Http2StreamState state,
        Router router) {
      SubProtocolResult result =
          grpc.subProtocol(
              context,
              prologue,
              headers,
              new UnknownMethod(writer, prologue.uriPath().rawPath()),
              streamId,
              serverSettings,
              clientSettings,
              flowControl,
              state,
              router);
      if (!result.supported()) {
        return result;
      }
      ConnectionOutput output = ((GuardedContext) context).output();
      StreamHandler handler = new StreamHandler(output, writer, settings.maxInboundMessage());
      handler.attach(streamId, result.subProtocol(), settings.maxStreamsPerConnection());
      return new SubProtocolResult(true, handler);
    }
  }
}
