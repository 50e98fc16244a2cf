package dev.controlplane.grpc.log;

import dev.controlplane.catalog.Update;

/**
 * One update on its way to many subscriptions. Queues contain the entry. Its message, which may be
 * large, is kept only as long as {@link UpdateLog} has room for it.
 */
public final class LogEntry {
  private final Update update;
  private volatile EncodedMessage message;

  public LogEntry(Update update) {
    this.update = update;
  }

  public Update update() {
    return update;
  }

  public long revision() {
    return update.revision();
  }

  /** The encoded {@code WorkerUpdate}; null if it is not encoded yet or was evicted. */
  public EncodedMessage message() {
    return message;
  }

  void message(EncodedMessage encoded) {
    message = encoded;
  }
}
