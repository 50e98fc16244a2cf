package dev.controlplane.server;

import io.helidon.common.Weighted;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.HttpFeature;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.util.concurrent.TimeUnit;

/** Logs one line per request when it was answered or aborted. Enabled by ACCESS_LOG=true. */
final class AccessLog implements HttpFeature, Filter, Weighted {
  private static final double BEFORE_ALL = 100_000;

  private final EventLog log;

  AccessLog(EventLog log) {
    this.log = log;
  }

  @Override
  public double weight() {
    return BEFORE_ALL;
  }

  @Override
  public void setup(HttpRouting.Builder routing) {
    routing.addFilter(this);
  }

  @Override
  public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    long began = System.nanoTime();
    boolean whole = false;
    try {
      chain.proceed();
      whole = true;
    } finally {
      log.info(
          "request",
          "peer",
          Peer.text(request.remotePeer().address()),
          "method",
          request.prologue().method().text(),
          "path",
          request.prologue().uriPath().rawPath(),
          "status",
          response.status().code(),
          "bytes",
          response.bytesWritten(),
          "ms",
          TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began),
          "whole",
          whole);
    }
  }
}
