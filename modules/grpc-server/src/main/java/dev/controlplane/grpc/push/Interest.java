package dev.controlplane.grpc.push;

import dev.controlplane.catalog.Consumers.Rejection;
import dev.controlplane.catalog.Update;
import dev.controlplane.grpc.log.UpdateLog;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which updates of a log a subscription wants: those that it asked for, minus those that its
 * consumer rejected. Thread-safe.
 *
 * <p>Implementation note: a subscription to the latest versions skips an update if a later one of
 * the same worker has moved its latest version. The later one is or will be above the
 * subscription's position, so nothing is lost. Skipping is cheap, so a worker that changes all the
 * time can't postpone its own update for ever.
 */
final class Interest {
  private final SubscribeOptions options;
  private final UpdateLog log;
  private final Map<String, Rejection> rejections = new ConcurrentHashMap<>(0);

  Interest(SubscribeOptions options, UpdateLog log) {
    this.options = options;
    this.log = log;
  }

  /** What the subscription asked for. */
  SubscribeOptions options() {
    return options;
  }

  /**
   * Whether the subscription wants an update.
   *
   * @throws dev.controlplane.catalog.failures.CatalogException if that can't be determined now
   */
  boolean in(Update update) {
    return options.wants(update.worker())
        && update.isFor(options.consumer())
        && !isRejected(update)
        && !(options.latest() && log.isSuperseded(update));
  }

  /**
   * Whether the consumer rejected the update's version, and no later update made that version the
   * latest again.
   */
  boolean isRejected(Update update) {
    Rejection rejection = rejections.get(update.worker());
    return rejection != null
        && update.kind() != Update.Kind.DELETED
        && update.version().equals(rejection.version())
        && update.revision() <= rejection.revision();
  }

  /** Records a rejection by the consumer. */
  void rejected(String worker, Rejection rejection) {
    if (options.wants(worker)) {
      rejections.merge(
          worker, rejection, (one, other) -> one.revision() > other.revision() ? one : other);
    }
  }
}
