package dev.controlplane.server.http;

import java.time.Duration;

/**
 * The limits of a request body.
 *
 * @param maxBytes the largest length, without the framing
 * @param idle how long the client may send nothing; also the waiting time after which the average
 *     rate is first checked
 * @param minBytesPerSecond the lowest average rate over the time spent waiting for the client; 0
 *     for none
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
