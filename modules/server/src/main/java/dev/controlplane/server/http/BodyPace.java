package dev.controlplane.server.http;

/**
 * Judges how fast a body comes. Only time that was spent waiting for the client counts against the
 * client.
 */
final class BodyPace {
  private final BodyLimits limits;
  private long waitedNanos;
  private long silenceNanos;

  BodyPace(BodyLimits limits) {
    this.limits = limits;
  }

  /** How long to wait for the next bytes before the pace is judged again, in nanoseconds. */
  long patience() {
    long idle = limits.idle().toNanos();
    long untilJudged = waitedNanos < idle ? idle - waitedNanos : Math.max(idle / 10, 1_000_000);
    return Math.max(1, Math.min(idle - silenceNanos, untilJudged));
  }

  /**
   * Counts a wait that brought nothing.
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
   * Counts a wait that brought bytes.
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
