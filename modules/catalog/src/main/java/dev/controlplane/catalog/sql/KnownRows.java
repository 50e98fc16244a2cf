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
 * Rows of the catalog in memory. A row is served until {@link CommitSignal} or a reader thread says
 * that something may have changed since it was read.
 *
 * <p>The order matters: the signal is read first, then the row; a row is kept for the number that
 * was read before it and served only while that number stands. A commit is answered after the
 * number has changed, so no row is served that is older than an answered commit.
 */
final class KnownRows implements AutoCloseable {
  /** The most versions that are kept in memory. */
  static final int MAX_ROWS = 8192;

  /**
   * When a row was read.
   *
   * @param commits the number of {@link CommitSignal}
   * @param changes what the reader threads had noticed by themselves
   */
  private record Moment(long commits, long changes) {}

  /** A version's name; the version is null for the latest. */
  private record Name(String worker, String version) {}

  private record Kept<T>(Moment moment, T row) {}

  private final Path directory;
  private final AtomicLong changes = new AtomicLong();

  private final Cache<Name, Kept<Optional<Version>>> versions =
      Caffeine.newBuilder().maximumSize(MAX_ROWS).executor(Runnable::run).build();

  private volatile CommitSignal signal;
  private volatile Kept<LogState> log;

  /** Knows nothing yet. */
  KnownRows(Path directory) {
    this.directory = directory;
  }

  /** A reader thread has opened the database, has seen that it changed, or that it is gone. */
  synchronized void changed() {
    signal = CommitSignal.toRead(directory, signal);
    changes.incrementAndGet();
  }

  /** Null where nothing is known of commits. */
  private Moment now() {
    long noticed = changes.get();
    CommitSignal seen = signal;
    long commits = seen == null ? CommitSignal.UNKNOWN : seen.number();
    return commits == CommitSignal.UNKNOWN ? null : new Moment(commits, noticed);
  }

  /**
   * A version from memory, or as it is read.
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

  /** The state of the log from memory, or as it is read. */
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
