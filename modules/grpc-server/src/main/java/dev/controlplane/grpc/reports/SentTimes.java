package dev.controlplane.grpc.reports;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.OptionalLong;

/**
 * Remembers when updates were sent to consumers that report. A consumer is remembered from its
 * first report on, with the last few updates sent to it. A consumer that never reports costs one
 * map lookup per update. Thread-safe.
 */
public final class SentTimes {
  /** The most consumers that are remembered: those that last reported or were sent an update. */
  private static final int MAX_CONSUMERS = 10_000;

  private static final int MAX_UPDATES = 64;

  /** The last updates sent to one consumer. A revision of 0 marks an empty entry. */
  private static final class Recent {
    private final long[] revisions = new long[MAX_UPDATES];
    private final long[] nanos = new long[MAX_UPDATES];
    private int next;

    synchronized void add(long revision, long now) {
      revisions[next] = revision;
      nanos[next] = now;
      next = (next + 1) % MAX_UPDATES;
    }

    synchronized OptionalLong remove(long revision) {
      for (int i = 0; i < MAX_UPDATES; i++) {
        if (revisions[i] == revision) {
          revisions[i] = 0;
          return OptionalLong.of(nanos[i]);
        }
      }
      return OptionalLong.empty();
    }
  }

  private final Cache<String, Recent> reporting =
      Caffeine.newBuilder().maximumSize(MAX_CONSUMERS).executor(Runnable::run).build();

  /** Records that an update was sent to a consumer. */
  public void sent(String consumer, long revision) {
    Recent recent = reporting.getIfPresent(consumer);
    if (recent != null) {
      recent.add(revision, System.nanoTime());
    }
  }

  /**
   * Records that a consumer has reported about an update.
   *
   * @return nanoseconds since it was sent; empty if that is unknown, or was returned before
   */
  OptionalLong reported(String consumer, long revision) {
    Recent recent = reporting.getIfPresent(consumer);
    if (recent == null) {
      reporting.asMap().putIfAbsent(consumer, new Recent());
      return OptionalLong.empty();
    }
    long now = System.nanoTime();
    OptionalLong at = recent.remove(revision);
    return at.isPresent() ? OptionalLong.of(now - at.getAsLong()) : at;
  }
}
