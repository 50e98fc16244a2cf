package dev.controlplane.transport;

/**
 * Tells clients that cancel from clients that attack by cancelling (CVE-2023-44487).
 *
 * <p>Helidon 4.5.0 takes every cancelled gRPC stream for a "rapid" reset, because its gRPC handler
 * writes past the state that says whether anything was written ({@code
 * Http2ServerStream.rstStream}); the 51st cancel in 10 s ends the connection of all. That count is
 * switched off ({@code max-rapid-resets: -1}); this one, far above what a client with a reason
 * does, stands in.
 */
final class RapidResets {
  /** How many in {@link #PERIOD}: 2,000 a second, for ten seconds. */
  static final int LIMIT = 20_000;

  static final long PERIOD = 10_000_000_000L;

  private long periodStart;
  private int count;

  /**
   * One more.
   *
   * @param now {@link System#nanoTime}
   */
  boolean tooMany(long now) {
    if (count == 0 || now - periodStart > PERIOD) {
      periodStart = now;
      count = 0;
    }
    return ++count > LIMIT;
  }
}
