package dev.controlplane.grpc.log;

import com.github.benmanes.caffeine.cache.Caffeine;
import dev.controlplane.catalog.Update;
import java.util.List;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;

/**
 * Caches, for each worker, the revision of the newest update that moved its latest version. It
 * tells whether an update is superseded by a later one. Thread-safe.
 */
final class LatestMoves {
  /** The most workers in the cache. Others are read again when needed. */
  static final int MAX_WORKERS = 100_000;

  private final Function<String, List<Update>> read;

  private final ConcurrentMap<String, Long> movers =
      Caffeine.newBuilder()
          .maximumSize(MAX_WORKERS)
          .executor(Runnable::run)
          .<String, Long>build()
          .asMap();

  /**
   * Creates an empty cache.
   *
   * @param read reads a worker's state at the head of the log; empty for an unknown worker
   */
  LatestMoves(Function<String, List<Update>> read) {
    this.read = read;
  }

  /** Records an update that is about to be offered. Must be called in the order of the log. */
  void passed(Update update) {
    if (update.movedLatest()) {
      note(update.worker(), update.revision());
    }
  }

  private void note(String worker, long revision) {
    movers.merge(worker, revision, Math::max);
  }

  /** Empties the cache, because updates were skipped and it may be outdated. */
  void forget() {
    movers.clear();
  }

  /**
   * Whether a later update of the same worker has moved its latest version.
   *
   * @throws dev.controlplane.catalog.failures.CatalogException if that can't be read now
   */
  boolean isSuperseded(Update update) {
    Long mover = movers.get(update.worker());
    if (mover == null) {
      List<Update> now = read.apply(update.worker());
      mover = now.isEmpty() ? 0L : now.getFirst().revision();
      note(update.worker(), mover);
    }
    return mover > update.revision();
  }
}
