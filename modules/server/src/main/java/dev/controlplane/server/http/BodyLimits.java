package dev.controlplane.server.http;

import java.time.Duration;

/**
 * What a request's body may be.
 *
 * @param maxBytes its length at most, without the framing
 * @param idle how long the client may send nothing; also how long its rate is not judged
 * @param minBytesPerSecond the rate, averaged over the time spent waiting for the client, below
 *     which the client is too slow; 0 for none
 */
public record BodyLimits(long maxBytes, Duration idle, long minBytesPerSecond) {
  /** The same with another length. */
  public BodyLimits withMaxBytes(long bytes) {
    return new BodyLimits(bytes, idle, minBytesPerSecond);
  }

  static BodyLimits none() {
    return new BodyLimits(Long.MAX_VALUE, Duration.ofDays(1), 0);
  }
}
