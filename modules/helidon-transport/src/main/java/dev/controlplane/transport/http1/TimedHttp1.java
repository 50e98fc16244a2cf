package dev.controlplane.transport.http1;

import dev.controlplane.transport.socket.Leaving;
import io.helidon.common.buffers.BufferData;
import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.http.Status;
import io.helidon.http.WritableHeaders;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionListener;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Set;

/**
 * Helidon's HTTP/1.1 on {@link TimedConnection}s. Helidon 4.5 has no time limit to reading the head
 * of a request once it has begun, nor to writing: a client that stops in the middle of either holds
 * its connection and a thread for ever.
 */
public final class TimedHttp1 implements ServerConnectionSelector {
  private final Duration headTimeout;
  private final Duration writeTimeout;
  private final byte[] slowHead;
  private final ServerConnectionSelector http2;
  private final ConnectionWatch watch = new ConnectionWatch();
  private final Http1ConnectionSelector http1;

  /**
   * @param headTimeout how long a request's head may take from its first byte
   * @param writeTimeout how long one write of an answer may, of 64 KiB at most where files are sent
   * @param slowHead the JSON body of the 408 that a head gets when it takes longer
   * @param http2 for connections that begin with it; null to have none
   */
  @SuppressWarnings("removal") // Helidon will always refuse a request without a Host, HTTP/1.0 too.
  public TimedHttp1(
      Duration headTimeout,
      Duration writeTimeout,
      byte[] slowHead,
      ServerConnectionSelector http2) {
    this.http2 = http2;
    this.slowHead = slowHead.clone();
    this.headTimeout = headTimeout;
    this.writeTimeout = writeTimeout;
    this.http1 =
        Http1ConnectionSelector.builder()
            .config(
                Http1Config.builder()
                    .addReceiveListener(new Requests())
                    .addSendListener(new Answers())
                    // Requests does it: HTTP/1.0 does not need a Host.
                    .validateRequestHostHeader(false)
                    // Api does it: profiles read over what is malformed in a query, as Go does.
                    .validatePrologue(false)
                    // The default of HTTP/1.1 need not be said with every answer.
                    .sendKeepAliveHeader(false)
                    .build())
            .build();
  }

  @Override
  public int bytesToIdentifyConnection() {
    return http1.bytesToIdentifyConnection();
  }

  @Override
  public Support supports(BufferData data) {
    return http1.supports(data);
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return http1.supportedApplicationProtocols();
  }

  @Override
  public ServerConnection connection(ConnectionContext context) {
    TimedConnection connection =
        new TimedConnection(context, headTimeout, writeTimeout, slowHead, watch, http2);
    try {
      connection.serve(http1.connection(connection));
    } catch (Error e) {
      throw Leaving.logged(e);
    }
    return connection;
  }

  /** Tells a connection where in a head it is, and completes the head. */
  private static final class Requests implements Http1ConnectionListener {
    @Override
    public void prologue(ConnectionContext context, HttpPrologue prologue) {
      ((TimedConnection) context).headBegins();
    }

    @Override
    public void headers(ConnectionContext context, Headers headers) {
      ((TimedConnection) context).headIsRead((WritableHeaders<?>) headers);
    }
  }

  /** Helidon asks it before it writes the head of an answer. */
  private static final class Answers implements Http1ConnectionListener {
    @Override
    public void status(ConnectionContext context, Status status) {
      ((TimedConnection) context).answers(status);
    }

    @Override
    public void headers(ConnectionContext context, Headers headers) {
      ((TimedConnection) context).answers((WritableHeaders<?>) headers);
    }
  }
}
