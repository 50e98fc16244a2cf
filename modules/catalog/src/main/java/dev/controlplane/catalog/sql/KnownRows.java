package dev.controlplane.catalog.sql;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.Version;
import dev.controlplane.catalog.database.CommitSignal;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * A cache of catalog rows. A row is served until {@link CommitSignal} or a reader thread indicates
 * that something may have changed since it was read. Thread-safe.
 *
 * <p>Implementation note: the order matters. The signal's number is read first, then the row. The
 * row is cached with that number, and served only while the number is unchanged. A commit is
 * answered after the number has changed, so no served row is older than an acknowledged commit.
 */
final class KnownRows implements AutoCloseable {
  /** The most versions in the cache. */
  static final int MAX_ROWS = 8192;

  /**
   * The point in time at which a row was read.
   *
   * @param commits the number of {@link CommitSignal}
   * @param changes how many changes the reader threads have noticed themselves
   */
  private record Moment(long commits, long changes) {}

  /** The key of a version; {@code version} is null for the worker's latest. */
  private record Name(String worker, String version) {}

  private record Kept<T>(Moment moment, T row) {}

  private final Path directory;
  private final AtomicLong changes = new AtomicLong();

  private final Cache<Name, Kept<Optional<Version>>> versions =
      Caffeine.newBuilder().maximumSize(MAX_ROWS).executor(Runnable::run).build();

  private volatile CommitSignal signal;
  private volatile Kept<LogState> log;

  /** Creates an empty cache. */
  KnownRows(Path directory) {
    this.directory = directory;
  }

  /** Called when a reader thread opened the database, or noticed that it changed or disappeared. */
  synchronized void changed() {
    signal = CommitSignal.toRead(directory, signal);
    changes.incrementAndGet();
  }

  /** The current moment; null if the signal can't be read. */
  private Moment now() {
    long noticed = changes.get();
    CommitSignal seen = signal;
    long commits = seen == null ? CommitSignal.UNKNOWN : seen.number();
    return commits == CommitSignal.UNKNOWN ? null : new Moment(commits, noticed);
  }

  /**
   * Returns a version from the cache, or else by reading it.
   *
   * @param version null for the latest
   */
  Optional<Version> version(String worker, String version, Supplier<Optional<Version>> read) {
    Moment now = now();
    Name name = new Name(worker, version);
    Kept<Optional<Version>> kept = versions.getIfPresent(name);
    if (kept != null && kept.moment().equals(now)) {
      return kept.row();
    }
    Optional<Version> row = read.get();
    if (now != null) {
      versions.put(name, new Kept<>(now, row));
    }
    return row;
  }

  /** Returns the state of the log from the cache, or else by reading it. */
  LogState log(Supplier<LogState> read) {
    Moment now = now();
    Kept<LogState> kept = log;
    if (kept != null && kept.moment().equals(now)) {
      return kept.row();
    }
    LogState state = read.get();
    if (now != null) {
      log = new Kept<>(now, state);
    }
    return state;
  }

  @Override
  public synchronized void close() {
    if (signal != null) {
      signal.close();
    }
  }
}
