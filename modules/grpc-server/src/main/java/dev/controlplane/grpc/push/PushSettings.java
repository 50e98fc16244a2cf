package dev.controlplane.grpc.push;

import dev.controlplane.server.ServerSetup;
import dev.controlplane.server.http.PageSize;
import dev.controlplane.server.settings.Settings;
import dev.controlplane.server.settings.StartupException;
import dev.controlplane.transport.grpc.GrpcStreams;
import java.time.Duration;

/**
 * The settings of pushing; {@code application.yaml} describes each.
 *
 * @param maxStreams how many streams may be open
 * @param maxCalls how many calls may be open, streams included
 * @param maxWorkerNames how many names a subscription may list
 * @param maxHeld how many entries a subscription's {@code held} may have
 * @param maxLag how many updates a client may be behind because it reads slowly
 * @param bookmarkInterval how often a consumer that asked for bookmarks gets one
 * @param maxStreamAge about how long a stream that can be resumed stays open; zero for no limit
 * @param reconnectSpread the time over which clients that got GOODBYE reconnect
 * @param pollInterval how often the tail looks at the log without a hint
 * @param inlineLimit the most bytes of code inside an update
 * @param queueSize how many updates may wait for one stream
 * @param windowEntries how many updates are kept in memory for streams that are behind
 * @param windowBytes how many bytes their messages may take
 * @param catchUpStreams how many streams that are far behind read the log at the same time
 * @param snapshotBytes how many bytes of snapshots and older updates may be on their way to clients
 * @param lastSeenInterval how often an open stream records a sighting
 * @param lastSeenWrite how long sightings gather before they are written
 * @param consumerRetention how long a consumer is remembered after it was last seen; zero for ever
 * @param drainLimit how long streams may take to end when the server stops
 * @param pageSize the number of entries on a page of consumers
 * @param streams the settings of the gRPC socket
 */
public record PushSettings(
    int maxStreams,
    long maxCalls,
    int maxWorkerNames,
    int maxHeld,
    long maxLag,
    Duration bookmarkInterval,
    Duration maxStreamAge,
    Duration reconnectSpread,
    Duration pollInterval,
    int inlineLimit,
    int queueSize,
    int windowEntries,
    long windowBytes,
    int catchUpStreams,
    long snapshotBytes,
    Duration lastSeenInterval,
    Duration lastSeenWrite,
    Duration consumerRetention,
    Duration drainLimit,
    PageSize pageSize,
    GrpcStreams.Settings streams) {

  private static final Duration MILLISECOND = Duration.ofMillis(1);
  private static final Duration HOUR = Duration.ofHours(1);

  public static PushSettings from(Settings settings) {
    return new PushSettings(
        settings.integer("grpc-max-streams", 1, 1_000_000),
        maxCalls(settings),
        settings.integer("grpc-max-worker-names", 1, 100_000),
        settings.integer("grpc-max-held", 1, 1_000_000),
        maxLag(settings),
        settings.duration("bookmark-interval", MILLISECOND, Duration.ofDays(1)),
        settings.duration("max-stream-age", Duration.ZERO, Duration.ofDays(365)),
        settings.duration("reconnect-spread", Duration.ZERO, HOUR),
        settings.duration("poll-interval", MILLISECOND, HOUR),
        settings.integer("inline-limit", 0, 16 << 20),
        settings.integer("queue-size", 1, 65_536),
        settings.integer("window-updates", 1, 1_000_000),
        settings.number("window-bytes", 0, Long.MAX_VALUE),
        settings.integer("catch-up-streams", 1, 10_000),
        settings.number("snapshot-bytes", 0, Long.MAX_VALUE),
        settings.duration("last-seen-interval", MILLISECOND, Duration.ofDays(1)),
        settings.duration("last-seen-write", MILLISECOND, HOUR),
        settings.duration("consumer-retention", Duration.ZERO, Duration.ofDays(36_500)),
        settings.duration("drain-limit", MILLISECOND, Duration.ofSeconds(3)),
        pageSize(settings),
        streams(settings));
  }

  private static GrpcStreams.Settings streams(Settings settings) {
    int message = settings.integer("max-request-bytes", 1024, 64 << 20);
    long ofConnection = settings.number("inbound-bytes-per-connection", 1024, Long.MAX_VALUE);
    long all = settings.number("inbound-bytes", 1024, Long.MAX_VALUE);
    if (ofConnection < message || all < ofConnection) {
      throw new StartupException(
          ("MAX_REQUEST_BYTES is %d, INBOUND_BYTES_PER_CONNECTION %d and INBOUND_BYTES %d;"
                  + " expected: each at least as large as the one before")
              .formatted(message, ofConnection, all));
    }
    return new GrpcStreams.Settings(
        settings.duration("keepalive", Duration.ofMillis(100), Duration.ofDays(1)),
        settings.duration("stall-limit", Duration.ofMillis(100), Duration.ofDays(1)),
        settings.duration("request-head-timeout", Duration.ofMillis(100), HOUR),
        message,
        settings.integer("max-streams-per-connection", 1, 1_000_000),
        ofConnection,
        all,
        ServerSetup.frameLimits(settings),
        settings.flag("response-compression"));
  }

  /**
   * The most calls. If there were fewer than streams, the limit of streams would never take effect.
   */
  private static long maxCalls(Settings settings) {
    int streams = settings.integer("grpc-max-streams", 1, 1_000_000);
    int calls = settings.integer("grpc-max-calls", 0, 2_000_000);
    if (calls > 0 && calls < streams) {
      throw new StartupException(
          ("GRPC_MAX_CALLS is %d, below GRPC_MAX_STREAMS (%d), which can't take effect then;"
                  + " expected: at least %d, or 0 for twice as many")
              .formatted(calls, streams, streams));
    }
    return calls > 0 ? calls : 2L * streams;
  }

  /**
   * The largest allowed lag. A limit above the number of retained updates would never take effect,
   * because compaction would reach the stream first.
   */
  private static long maxLag(Settings settings) {
    long kept = settings.number("log-retention-count", 0, Long.MAX_VALUE);
    long lag = settings.number("max-lag", 0, Long.MAX_VALUE);
    if (kept > 0 && lag > kept) {
      throw new StartupException(
          ("MAX_LAG is %d, above LOG_RETENTION_COUNT (%d), so it can't take effect; expected: at"
                  + " most %d, or 0 for no limit of its own")
              .formatted(lag, kept, kept));
    }
    return lag == 0 ? Long.MAX_VALUE : lag;
  }

  private static PageSize pageSize(Settings settings) {
    int max = settings.integer("max-page-size", 1, 100_000);
    return new PageSize(settings.integer("page-size", 1, max), max);
  }
}
