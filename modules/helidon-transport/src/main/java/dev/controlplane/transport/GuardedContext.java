package dev.controlplane.transport;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.Routing;
import io.helidon.webserver.http.HttpRouting;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;

/**
 * A connection as Helidon's HTTP/2 sees it: what comes in and goes out passes through this module.
 */
final class GuardedContext implements ConnectionContext {
  private final ConnectionContext context;
  private final DataReader reader;
  private final ConnectionOutput output;
  private final DataWriter writer;
  private final Router router;

  GuardedContext(
      ConnectionContext context, InboundFrames frames, ConnectionOutput output, long maxStreams) {
    this.context = context;
    this.router = new GuardedRouter(context.router(), output, maxStreams);
    this.reader = DataReader.create(frames);
    this.output = output;
    this.writer = new HelidonFrames(output);
  }

  ConnectionOutput output() {
    return output;
  }

  @Override
  public DataWriter dataWriter() {
    return writer;
  }

  @Override
  public DataReader dataReader() {
    return reader;
  }

  @Override
  public ListenerContext listenerContext() {
    return context.listenerContext();
  }

  @Override
  public ExecutorService executor() {
    return context.executor();
  }

  @Override
  public Router router() {
    return router;
  }

  @Override
  public Optional<ProxyProtocolData> proxyProtocolData() {
    return context.proxyProtocolData();
  }

  @Override
  public HelidonSocket serverSocket() {
    return context.serverSocket();
  }

  @Override
  public PeerInfo remotePeer() {
    return context.remotePeer();
  }

  @Override
  public PeerInfo localPeer() {
    return context.localPeer();
  }

  @Override
  public boolean isSecure() {
    return context.isSecure();
  }

  @Override
  public String socketId() {
    return context.socketId();
  }

  @Override
  public String childSocketId() {
    return context.childSocketId();
  }

  /** The listener's router, but for what {@link GuardedRouting} is. */
  private record GuardedRouter(Router router, ConnectionOutput output, long maxStreams)
      implements Router {
    @Override
    public <T extends Routing> T routing(Class<T> type, T otherwise) {
      T routing = router.routing(type, otherwise);
      return routing instanceof HttpRouting http
          ? type.cast(new GuardedRouting(http, output, maxStreams))
          : routing;
    }

    @Override
    public List<? extends Routing> routings() {
      return router.routings();
    }

    @Override
    public void beforeStart() {
      router.beforeStart();
    }

    @Override
    public void afterStop() {
      router.afterStop();
    }
  }
}
