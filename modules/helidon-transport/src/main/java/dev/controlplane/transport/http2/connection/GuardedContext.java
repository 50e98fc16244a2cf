package dev.controlplane.transport.http2.connection;

import dev.controlplane.transport.http2.ConnectionOutput;
import dev.controlplane.transport.http2.HelidonFrames;
import dev.controlplane.transport.http2.InboundBytes;
import dev.controlplane.transport.http2.InboundFrames;
import dev.controlplane.transport.socket.ForwardingContext;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.Router;
import io.helidon.webserver.Routing;
import io.helidon.webserver.http.HttpRouting;
import java.util.List;

/**
 * The connection context that Helidon's HTTP/2 gets: its reader, writer and router lead through
 * this module.
 */
public final class GuardedContext extends ForwardingContext {
  private final DataReader reader;
  private final ConnectionOutput output;
  private final DataWriter writer;
  private final Router router;
  private final InboundBytes.OfConnection inbound;

  GuardedContext(
      ConnectionContext context,
      InboundFrames frames,
      ConnectionOutput output,
      InboundBytes.OfConnection inbound,
      long maxStreams) {
    super(context);
    this.inbound = inbound;
    this.router = new GuardedRouter(context.router(), output, maxStreams);
    this.reader = DataReader.create(frames);
    this.output = output;
    this.writer = new HelidonFrames(output);
  }

  public ConnectionOutput output() {
    return output;
  }

  /** The memory that unfinished messages of this connection hold. */
  public InboundBytes.OfConnection inbound() {
    return inbound;
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
  public Router router() {
    return router;
  }

  /** The listener's router, which wraps the HTTP routing into {@link GuardedRouting}. */
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
