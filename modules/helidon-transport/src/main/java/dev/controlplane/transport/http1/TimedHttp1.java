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
 * Creates {@link TimedConnection}s for Helidon's HTTP/1.1. Helidon 4.5 has no time limit for
 * reading a head that has begun, nor for writing: a client that stops in the middle of either would
 * keep its connection and a thread for ever.
 */
public final class TimedHttp1 implements ServerConnectionSelector {
  private final Duration headTimeout;
  private final Duration writeTimeout;
  private final byte[] slowHead;
  private final ServerConnectionSelector http2;
  private final ConnectionWatch watch = new ConnectionWatch();
  private final Http1ConnectionSelector http1;

  /**
   * @param headTimeout how long a request head may take from its first byte
   * @param writeTimeout how long one write of an answer may take; a write of a file has at most 64
   *     KiB
   * @param slowHead the JSON body of the 408 for a head over its time
   * @param http2 for connections that begin with the HTTP/2 preface; null for none
   */
  @SuppressWarnings("removal") // HTTP/1.0 may lack a Host header
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
                    // RequestHost checks the Host header; an HTTP/1.0 request may lack it.
                    .validateRequestHostHeader(false)
                    // The Api class validates queries. Profile routes ignore malformed parameters,
                    // as Go does.
                    .validatePrologue(false)
                    // Keep-alive is the default of HTTP/1.1.
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

  /** Tells the connection about each request line, and completes each head. */
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

  /** Adapts the head of each answer before Helidon writes it. */
  private static final class Answers implements Http1ConnectionListener {
    @Override
    public void status(ConnectionContext context, Status status) {
      ((TimedConnection) context).answer().status(status);
    }

    @Override
    public void headers(ConnectionContext context, Headers headers) {
      ((TimedConnection) context).answer().headers((WritableHeaders<?>) headers);
    }
  }
}
