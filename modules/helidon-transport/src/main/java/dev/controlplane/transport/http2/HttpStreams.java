package dev.controlplane.transport.http2;

import dev.controlplane.transport.frames.FrameLimits;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;

/**
 * HTTP/2 for a Helidon listener that sends files, to clients that begin with it ("prior knowledge",
 * RFC 9113, section 3.3). A request that has a body gets 413.
 */
public final class HttpStreams {
  /** How long the preface or a request's head may be on its way, where nobody says otherwise. */
  public static final Duration HEAD_TIMEOUT = Duration.ofSeconds(20);

  private static final Duration KEEPALIVE = Duration.ofSeconds(60);

  /** As nginx has it by default ({@code http2_max_concurrent_streams}). */
  private static final int MAX_STREAMS = 128;

  private HttpStreams() {}

  /**
   * Makes the connections of clients that begin with HTTP/2.
   *
   * @param stallLimit how long a client may take nothing of an answer before it is cut off
   */
  public static ServerConnectionSelector selector(Duration stallLimit) {
    return selector(stallLimit, HEAD_TIMEOUT, FrameLimits.DEFAULTS);
  }

  /**
   * Makes the connections of clients that begin with HTTP/2.
   *
   * @param stallLimit how long a client may take nothing of an answer before it is cut off
   * @param headTimeout how long the preface or a request's head may be on its way
   * @param limits of frames that carry nothing
   */
  public static ServerConnectionSelector selector(
      Duration stallLimit, Duration headTimeout, FrameLimits limits) {
    return new GuardedSelector(
        KEEPALIVE,
        stallLimit,
        headTimeout,
        MAX_STREAMS,
        false,
        limits,
        new InboundBytes(0, 0),
        new BodyRefusal());
  }
}
