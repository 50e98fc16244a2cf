package dev.controlplane.server.http;

import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.ServerRequest;
import java.util.concurrent.TimeUnit;

/**
 * Reads on for a while after an early answer, so that a client that is still sending gets to see
 * it. A socket that is closed with unread bytes is reset, and the reset overtakes the answer. nginx
 * calls it a lingering close.
 */
final class Linger {
  private static final long MOST = TimeUnit.SECONDS.toNanos(10);
  private static final long SILENCE = TimeUnit.SECONDS.toNanos(2);

  private Linger() {}

  /**
   * Reads what is left of a request's body.
   *
   * @return whether the body was read to its end, so that the connection can go on
   */
  static boolean after(ServerRequest request) {
    if (request.content().consumed()) {
      return true;
    }
    if (!request.continueSent() && request.headers().containsToken(HeaderValues.EXPECT_100)) {
      return false;
    }
    return RequestBody.unread(request).drain(MOST, SILENCE) && request.content().consumed();
  }
}
