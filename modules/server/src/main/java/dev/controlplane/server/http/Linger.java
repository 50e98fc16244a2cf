package dev.controlplane.server.http;

import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.ServerRequest;
import java.util.concurrent.TimeUnit;

/**
 * Keeps reading the request for a while after an early answer, so that a client that is still
 * sending can read the answer. If the socket were closed with unread bytes, the kernel would reset
 * the connection, and the reset could overtake the answer. nginx calls this a lingering close.
 */
final class Linger {
  private static final long MOST = TimeUnit.SECONDS.toNanos(10);
  private static final long SILENCE = TimeUnit.SECONDS.toNanos(2);

  private Linger() {}

  /**
   * Reads the rest of a request body.
   *
   * @return whether the body was read to its end, so that the connection can be reused
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
