package dev.controlplane.grpc.reports;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.Consumers;
import dev.controlplane.catalog.Consumers.Report;
import dev.controlplane.catalog.Consumers.State;
import dev.controlplane.catalog.Names;
import dev.controlplane.catalog.Update;
import dev.controlplane.catalog.Version;
import dev.controlplane.catalog.failures.UnknownVersionException;
import dev.controlplane.grpc.errors.InvalidFieldException;
import dev.controlplane.proto.ReportedState;
import dev.controlplane.proto.StatusReport;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Validates the reports of one call. Not thread-safe. */
final class ReportChecks {
  /** The longest code and message, in bytes of UTF-8. */
  static final int MAX_CODE_BYTES = 255;

  static final int MAX_MESSAGE_BYTES = 4096;

  /** The most consumers cached as known. A call rarely reports about more than one. */
  private static final int MAX_KNOWN = 1000;

  /** How long a consumer is cached as known; it may be forgotten meanwhile. */
  private static final Duration KNOWN_FOR = Duration.ofSeconds(10);

  private static final Pattern CHECKSUM = Pattern.compile("[0-9a-fA-F]{64}|");

  private final CatalogReader catalog;
  private final Consumers consumers;
  private final LastSeen lastSeen;
  private final Cache<String, Boolean> known =
      Caffeine.newBuilder()
          .maximumSize(MAX_KNOWN)
          .expireAfterWrite(KNOWN_FOR)
          .executor(Runnable::run)
          .build();

  ReportChecks(CatalogReader catalog, Consumers consumers, LastSeen lastSeen) {
    this.catalog = catalog;
    this.consumers = consumers;
    this.lastSeen = lastSeen;
  }

  /**
   * Returns a report in the form to be recorded.
   *
   * @throws IllegalArgumentException if a field is invalid
   * @throws UnknownVersionException if the consumer, worker or version never existed
   */
  Report checked(StatusReport report, Instant at) {
    String consumer = Names.checked("consumer_id", report.getConsumerId());
    String worker = Names.checked("worker_name", report.getWorkerName());
    String version = Names.checked("version", report.getVersion());
    State state = state(report.getState());
    if (report.getRevision() < 0) {
      throw new InvalidFieldException(
          "revision", "is " + report.getRevision(), "that of an update, or 0");
    }
    checkLength("code", report.getCode(), MAX_CODE_BYTES);
    checkLength("message", report.getMessage(), MAX_MESSAGE_BYTES);
    if (!CHECKSUM.matcher(report.getChecksum()).matches()) {
      throw new InvalidFieldException(
          "checksum", "is not 64 hex digits", "the SHA-256 of the bytes, or nothing");
    }
    String checksum = report.getChecksum().toLowerCase(Locale.ROOT);
    requireKnown(consumer);
    Version told =
        catalog
            .version(worker, version)
            .or(() -> catalog.recorded(worker, version))
            .orElseThrow(
                () ->
                    new UnknownVersionException(
                        "there is and was no version %s of %s".formatted(version, worker)));
    if (!checksum.isEmpty() && !checksum.equals(told.digest().hex())) {
      throw new InvalidFieldException(
          "checksum",
          "is " + checksum,
          "that of version %s of %s, %s".formatted(version, worker, told.digest().hex()));
    }
    return new Report(
        consumer,
        worker,
        version,
        revision(report.getRevision(), told),
        state,
        report.getCode(),
        report.getMessage(),
        at);
  }

  private static State state(ReportedState state) {
    return switch (state) {
      case RECEIVED -> State.RECEIVED;
      case VERIFIED -> State.VERIFIED;
      case ACTIVE -> State.ACTIVE;
      case REJECTED -> State.REJECTED;
      case REPORTED_STATE_UNSPECIFIED, UNRECOGNIZED ->
          throw new InvalidFieldException(
              "state", "is not set or not known", "RECEIVED, VERIFIED, ACTIVE or REJECTED");
    };
  }

  private static void checkLength(String field, String text, int max) {
    int length = text.getBytes(StandardCharsets.UTF_8).length;
    if (length > max) {
      throw new InvalidFieldException(
          field, "is %d bytes long".formatted(length), "up to %d bytes of UTF-8".formatted(max));
    }
  }

  private void requireKnown(String consumer) {
    if (known.getIfPresent(consumer) != null) {
      return;
    }
    if (consumers.find(consumer).isEmpty()) {
      // A consumer that has just subscribed may not be on disk yet.
      lastSeen.write();
      if (consumers.find(consumer).isEmpty()) {
        throw new UnknownVersionException(
            "consumer %s is not known; subscribe or register first".formatted(consumer));
      }
    }
    known.put(consumer, true);
  }

  private long revision(long told, Version version) {
    long head = catalog.head();
    if (told > head) {
      // If it were recorded, every later report would count as one about an earlier update.
      throw new InvalidFieldException(
          "revision", "is " + told, "at most %d, that of the newest update".formatted(head));
    }
    if (told > 0) {
      return told;
    }
    List<Update> standing = catalog.snapshot(head, List.of(version.worker()));
    return standing.stream()
        .filter(update -> version.version().equals(update.latest()))
        .mapToLong(Update::revision)
        .findFirst()
        .orElse(version.revision());
  }
}
