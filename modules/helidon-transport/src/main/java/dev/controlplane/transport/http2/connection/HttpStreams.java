package dev.controlplane.transport.http2.connection;

import dev.controlplane.transport.frames.FrameLimits;
import dev.controlplane.transport.http2.InboundBytes;
import dev.controlplane.transport.http2.StreamBound;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;

/**
 * HTTP/2 for a Helidon listener that sends files, for clients that start with HTTP/2 directly
 * ("prior knowledge", RFC 9113, section 3.3). A request with a body is answered 413.
 */
public final class HttpStreams {
  /** The default time limit for the preface and for a request head. */
  public static final Duration HEAD_TIMEOUT = Duration.ofSeconds(20);

  private static final Duration KEEPALIVE = Duration.ofSeconds(60);

  /** The default of nginx ({@code http2_max_concurrent_streams}). */
  private static final int MAX_STREAMS = 128;

  private HttpStreams() {}

  /**
   * Returns a selector with default limits.
   *
   * @param stallLimit how long a client may accept no data of an answer before the answer is
   *     aborted
   */
  public static ServerConnectionSelector selector(Duration stallLimit) {
    return selector(stallLimit, HEAD_TIMEOUT, FrameLimits.DEFAULTS, StreamBound.none());
  }

  /**
   * Returns a selector for HTTP/2 connections.
   *
   * @param stallLimit how long a client may accept no data of an answer before the answer is
   *     aborted
   * @param headTimeout how long the preface or a request head may take
   * @param limits against floods
   * @param bound of the requests of all connections; one more is answered 503
   */
  public static ServerConnectionSelector selector(
      Duration stallLimit, Duration headTimeout, FrameLimits limits, StreamBound bound) {
    return new GuardedSelector(
        KEEPALIVE,
        stallLimit,
        headTimeout,
        MAX_STREAMS,
        false,
        limits,
        new InboundBytes(0, 0),
        bound,
        new BodyRefusal());
  }
}
