package dev.controlplane.catalog.sql;

import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.WriterStatus;
import dev.controlplane.catalog.database.CommitSignal;
import dev.controlplane.catalog.database.Contents;
import dev.controlplane.catalog.database.GroupCommit;
import dev.controlplane.catalog.database.LogClock;
import dev.controlplane.catalog.database.Schema;
import dev.controlplane.catalog.database.Session;
import dev.controlplane.catalog.database.WritableDatabase;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.CatalogUnavailableException;
import dev.controlplane.catalog.files.FileState;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.function.Consumer;

/** The writer of {@code catalog.db}: runs its transactions and signals commits to all readers. */
final class CatalogWriter implements AutoCloseable {
  private final WritableDatabase database;
  private final Companion companion;

  private CatalogWriter(WritableDatabase database, Companion companion) {
    this.database = database;
    this.companion = companion;
  }

  /**
   * Opens the catalog for writing.
   *
   * @param make whether to create a missing catalog
   * @param revisions counts in this writer's transactions
   * @param onDeath as for {@link GroupCommit}
   */
  static CatalogWriter open(
      Path directory,
      boolean make,
      Revisions revisions,
      LogClock clock,
      Consumer<Throwable> onDeath)
      throws IOException {
    Companion companion = new Companion(directory, revisions);
    WritableDatabase database = null;
    boolean opened = false;
    try {
      database =
          make
              ? WritableDatabase.open(directory, Schema.CATALOG, companion, onDeath)
              : WritableDatabase.openExisting(directory, Schema.CATALOG, companion, onDeath);
      database.commit(session -> beginEpoch(session, companion.signal, clock));
      opened = true;
      return new CatalogWriter(database, companion);
    } finally {
      if (!opened) {
        if (database != null) {
          database.close();
        }
        companion.close();
      }
    }
  }

  /** Starts a new epoch if the log went back, so that earlier revisions are no longer trusted. */
  private static Void beginEpoch(Session session, CommitSignal signal, LogClock clock)
      throws SQLException {
    clock.next(session); // corrects times of a clock that was ahead
    LogState log = LogRows.state(session);
    LogState noted = signal.noted(log.id());
    if (log.head() < noted.head() || log.epoch() < noted.epoch()) {
      session.change("UPDATE meta SET epoch = ?", Math.max(log.epoch(), noted.epoch()) + 1);
    }
    return null;
  }

  /** As {@link GroupCommit#commit}. */
  <T> T commit(GroupCommit.Work<T> work) {
    return database.commit(work);
  }

  /** Throws {@link CatalogException} if the writer does not answer within 5 s. */
  void check() {
    database.check("SELECT head FROM meta");
  }

  /** As {@link GroupCommit#status}. */
  WriterStatus status() {
    return database.status();
  }

  @Override
  public void close() {
    database.close();
    companion.close();
  }

  private static final class Companion implements GroupCommit.Companion {
    private final Path directory;
    private final Path file;
    private final Revisions revisions;
    private CommitSignal signal;
    private FileState opened;

    Companion(Path directory, Revisions revisions) {
      this.directory = directory;
      this.file = Schema.CATALOG.in(directory);
      this.revisions = revisions;
    }

    @Override
    public void locked() throws IOException {
      // Created before the database, so that readers who find the database find the signal too.
      signal = CommitSignal.toWrite(directory);
    }

    @Override
    public void begin() {
      revisions.begin();
    }

    @Override
    public void beforeCommit(Session session) throws SQLException {
      requirePresent();
      revisions.store(session);
    }

    // Throws if the file was removed or replaced: SQLite would commit to the old file, which nobody
    // can find.
    private void requirePresent() {
      FileState now = FileState.of(file);
      if (opened == null) {
        opened = now;
      }
      if (now == null) {
        throw Contents.absent(directory, file);
      }
      if (!opened.isSameFile(now)) {
        throw new CatalogUnavailableException(
            file + " was replaced while this server had it open; the new file is opened next");
      }
    }

    @Override
    public void committed(Session session) {
      renewSignal();
      try {
        signal.advance(LogRows.state(session));
      } catch (SQLException | CatalogException e) {
        // The commit is durable. An outdated note of the log's state does no harm.
        signal.advance();
      }
    }

    /**
     * Creates a new signal file if the old one was removed or replaced. New readers open what has
     * its name.
     */
    private void renewSignal() {
      if (signal.isIn(directory)) {
        return;
      }
      signal.retire();
      try {
        signal = CommitSignal.toWrite(directory);
      } catch (IOException e) {
        // Tried again at the next commit. Until then readers look for commits themselves.
      }
    }

    void close() {
      if (signal != null) {
        signal.close();
      }
    }
  }
}
