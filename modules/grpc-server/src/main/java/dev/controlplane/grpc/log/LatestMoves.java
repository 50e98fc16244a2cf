package dev.controlplane.grpc.log;

import com.github.benmanes.caffeine.cache.Caffeine;
import dev.controlplane.catalog.Update;
import java.util.List;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;

/**
 * For each worker that was asked about or moved: the newest update that moved its latest version.
 * It tells whether a later update supersedes one.
 */
final class LatestMoves {
  /** So many workers are known at most; others are read again when they are asked about. */
  static final int MAX_WORKERS = 100_000;

  private final Function<String, List<Update>> read;

  private final ConcurrentMap<String, Long> movers =
      Caffeine.newBuilder()
          .maximumSize(MAX_WORKERS)
          .executor(Runnable::run)
          .<String, Long>build()
          .asMap();

  /**
   * Nothing is known yet.
   *
   * @param read reads how a worker stands at the head of the log; empty for an unknown worker
   */
  LatestMoves(Function<String, List<Update>> read) {
    this.read = read;
  }

  /** Takes note of an update that is about to be offered; called in the order of the log. */
  void passed(Update update) {
    if (update.movedLatest()) {
      note(update.worker(), update.revision());
    }
  }

  private void note(String worker, long revision) {
    movers.merge(worker, revision, Math::max);
  }

  /** Updates were skipped: what is known may be too old. */
  void forget() {
    movers.clear();
  }

  /**
   * Whether a later update of the same worker has moved its latest version.
   *
   * @throws dev.controlplane.catalog.CatalogException if that can't be read now
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
