package dev.controlplane.pprof.http;

import dev.controlplane.pprof.ProfileKind;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Waits as long as the client of a request stays connected. */
final class ClientPatience implements ProfileKind.Patience {
  /** How often the connection is checked. */
  private static final long GLANCE = TimeUnit.SECONDS.toNanos(1);

  private final Exchange exchange;

  /** Whether the connection was seen. */
  private boolean seen;

  ClientPatience(Exchange exchange) {
    this.exchange = exchange;
    this.seen = exchange.client() == Exchange.Client.CONNECTED;
  }

  private boolean isGone() {
    Exchange.Client client = exchange.client();
    seen |= client == Exchange.Client.CONNECTED;
    return client == Exchange.Client.GONE || (seen && client == Exchange.Client.UNKNOWN);
  }

  @Override
  public boolean await(Duration time) throws InterruptedException {
    long start = System.nanoTime();
    // Times beyond 292 years are capped.
    long nanos = TimeUnit.NANOSECONDS.convert(time);
    while (true) {
      long left = nanos - (System.nanoTime() - start);
      if (left <= 0) {
        return true;
      }
      TimeUnit.NANOSECONDS.sleep(Math.min(left, GLANCE));
      if (left > GLANCE && isGone()) {
        return false;
      }
    }
  }
}
