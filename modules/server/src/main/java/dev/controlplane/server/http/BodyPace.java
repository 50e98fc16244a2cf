package dev.controlplane.server.http;

/** Checks the speed of a client's body. Only time spent waiting for the client counts. */
final class BodyPace {
  private final BodyLimits limits;
  private long waitedNanos;
  private long silenceNanos;

  BodyPace(BodyLimits limits) {
    this.limits = limits;
  }

  /**
   * Returns how long to wait for the next bytes before the speed is checked again, in nanoseconds.
   */
  long patience() {
    long idle = limits.idle().toNanos();
    long untilJudged = waitedNanos < idle ? idle - waitedNanos : Math.max(idle / 10, 1_000_000);
    return Math.max(1, Math.min(idle - silenceNanos, untilJudged));
  }

  /**
   * Records a wait during which no bytes arrived.
   *
   * @param received bytes of the body so far
   * @throws ApiException 408 if the client is too slow
   */
  void waitedInVain(long nanos, long received) {
    waitedNanos += nanos;
    silenceNanos += nanos;
    if (silenceNanos >= limits.idle().toNanos()) {
      throw tooSlow("no byte of the body came for " + limits.idle().toMillis() + " ms");
    }
    judge(received);
  }

  /**
   * Records a wait that ended with bytes.
   *
   * @param received bytes of the body so far
   * @throws ApiException 408 if the client is too slow
   */
  void waited(long nanos, long received) {
    waitedNanos += nanos;
    silenceNanos = 0;
    judge(received);
  }

  private void judge(long received) {
    if (waitedNanos < limits.idle().toNanos()) {
      return;
    }
    double rate = received / (waitedNanos / 1e9);
    if (rate < limits.minBytesPerSecond()) {
      throw tooSlow("the body came at %.0f bytes a second".formatted(rate));
    }
  }

  private ApiException tooSlow(String what) {
    return ApiException.of(
        408,
        "slow_body",
        "%s; expected: never %d ms of silence, and %d bytes a second at least"
            .formatted(what, limits.idle().toMillis(), limits.minBytesPerSecond()));
  }
}
