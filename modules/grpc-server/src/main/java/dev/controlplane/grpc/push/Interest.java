package dev.controlplane.grpc.push;

import dev.controlplane.catalog.Consumers.Rejection;
import dev.controlplane.catalog.Update;
import dev.controlplane.grpc.log.UpdateLog;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Which updates of a log a subscription wants: what it asked for, without what it rejected. */
final class Interest {
  private final SubscribeOptions options;
  private final UpdateLog log;
  private final Map<String, Rejection> rejections = new ConcurrentHashMap<>(0);

  Interest(SubscribeOptions options, UpdateLog log) {
    this.options = options;
    this.log = log;
  }

  /** What it asked for. */
  SubscribeOptions options() {
    return options;
  }

  /**
   * Whether it wants an update.
   *
   * @throws dev.controlplane.catalog.CatalogException if that can't be known now
   */
  boolean in(Update update) {
    return options.wants(update.worker())
        && update.isFor(options.consumer())
        && !isRejected(update)
        && !(options.latest() && log.isSuperseded(update));
  }

  /**
   * Whether the consumer has said that it won't have this version, and nothing has made it the
   * latest again since.
   */
  boolean isRejected(Update update) {
    Rejection rejection = rejections.get(update.worker());
    return rejection != null
        && update.kind() != Update.Kind.DELETED
        && update.version().equals(rejection.version())
        && update.revision() <= rejection.revision();
  }

  /** Takes up what the consumer won't have, of a worker. */
  void rejected(String worker, Rejection rejection) {
    if (options.wants(worker)) {
      rejections.merge(
          worker, rejection, (one, other) -> one.revision() > other.revision() ? one : other);
    }
  }
}
