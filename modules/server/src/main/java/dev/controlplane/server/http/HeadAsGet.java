package dev.controlplane.server.http;

import dev.controlplane.transport.http1.TimedConnection;
import io.helidon.http.HttpPrologue;
import io.helidon.http.Method;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.io.OutputStream;

/**
 * Lets handlers that do not know HEAD answer it like GET, without the body. Helidon's health
 * feature answers HEAD with a different status.
 */
final class HeadAsGet extends OutputStream {
  private long length;
  private boolean over;

  private HeadAsGet() {}

  static void proceed(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    HttpPrologue head = request.prologue();
    HeadAsGet body = new HeadAsGet();
    response.streamFilter(out -> body.over ? out : body);
    request.prologue(
        HttpPrologue.create(
            head.rawProtocol(),
            head.protocol(),
            head.protocolVersion(),
            Method.GET,
            head.uriPath(),
            head.query(),
            head.fragment()));
    // Asked for when the answer is written, which may be before or after the chain returns.
    TimedConnection.lengthOfNextAnswer(() -> body.length);
    try {
      chain.proceed();
      body.over = true;
      if (!response.isSent() && response.resetStream()) {
        response.send();
        response.commit();
      }
    } finally {
      request.prologue(head);
      body.over = true;
      TimedConnection.lengthOfNextAnswer(null);
    }
  }

  @Override
  public void write(int b) {
    length++;
  }

  @Override
  public void write(byte[] bytes, int offset, int count) {
    length += count;
  }
}
