package dev.controlplane.catalog.sql;

import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.CatalogReader.Span;
import dev.controlplane.catalog.CompactedException;
import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.LogPage;
import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.Page;
import dev.controlplane.catalog.Update;
import dev.controlplane.catalog.database.Session;
import dev.controlplane.catalog.failures.CatalogUnavailableException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Queries of the update log: its state, its updates, and the states of workers at a revision. */
final class LogRows {
  private static final String UPDATE_COLUMNS =
      "SELECT u.revision, u.kind, u.worker, u.version, u.digest, u.size, u.committed_at, u.latest,"
          + " u.latest_revision, "
          + Retries.IS_RETRY
          + " FROM updates u";

  private static final String UPDATES =
      UPDATE_COLUMNS + " WHERE u.revision > ? ORDER BY u.revision LIMIT ?";

  private static final String UPDATE = UPDATE_COLUMNS + " WHERE u.revision = ?";

  private static final String NEWEST_UP_TO =
      UPDATE_COLUMNS + " WHERE u.worker = ? AND u.revision <= ? ORDER BY u.revision DESC LIMIT 1";

  /** Jumps from name to name in the index, however many updates each name has. */
  private static final String NAMES =
      """
      WITH RECURSIVE names (name) AS (
        SELECT (SELECT MIN(worker) FROM updates WHERE worker > ?)
        UNION ALL
        SELECT (SELECT MIN(worker) FROM updates WHERE worker > name) FROM names
          WHERE name IS NOT NULL)
      SELECT name FROM names WHERE name IS NOT NULL LIMIT ?\
      """;

  private static final String COUNT =
      "SELECT COUNT(*) FROM (SELECT 1 FROM updates"
          + " WHERE worker = ? AND revision > ? AND revision <= ? AND "
          + Retries.IS_FOR_ALL
          + " LIMIT ?)";

  private static final String ANY_VERSION =
      "SELECT digest, size FROM versions WHERE worker = ? AND version = ?";

  private static final String TWIN =
      "SELECT version FROM versions WHERE digest = ? AND worker = ? AND version <> ? LIMIT 1";

  private static final String STATE = "SELECT log_id, epoch, head, compacted FROM meta";

  private static final Update.Retry EVERYBODY = new Update.Retry("");

  private LogRows() {}

  /** The identity and extent of the log. */
  static LogState state(Session session) throws SQLException {
    return session
        .one(
            STATE,
            row -> new LogState(row.getString(1), row.getLong(2), row.getLong(3), row.getLong(4)))
        .orElseThrow(() -> damaged(session, "table meta is empty"));
  }

  /**
   * The updates after a revision; throws {@link CompactedException} if some of them were removed.
   */
  static LogPage page(Session session, long after, int limit) throws SQLException {
    LogState log = whole(session, after);
    List<Update> updates = session.all(UPDATES, LogRows::update, after, limit);
    return new LogPage(log, Retries.addressed(session, updates));
  }

  /**
   * The state of the log; throws {@link CompactedException} if updates after the revision were
   * removed.
   */
  private static LogState whole(Session session, long revision) throws SQLException {
    LogState log = state(session);
    if (revision < log.compacted()) {
      throw new CompactedException(revision, log);
    }
    return log;
  }

  /** A page of {@link #states}, for workers whose names follow {@code after}. */
  static Page<Update> statesByName(Session session, long revision, int limit, String after)
      throws SQLException {
    List<String> names = session.all(NAMES, row -> row.getString(1), after, limit);
    List<Update> states = states(session, revision, names);
    return new Page<>(states, names.size() < limit ? null : names.getLast());
  }

  /** The states of the given workers at a revision; workers that did not exist are left out. */
  static List<Update> states(Session session, long revision, Collection<String> workers)
      throws SQLException {
    whole(session, revision);
    List<Update> states = new ArrayList<>();
    for (String worker : workers) {
      Optional<Update> newest = session.one(NEWEST_UP_TO, LogRows::update, worker, revision);
      if (newest.isPresent()) {
        states.add(standing(session, newest.get()));
      }
    }
    return states;
  }

  /** The state of a worker after its newest update. */
  private static Update standing(Session session, Update newest) throws SQLException {
    if (newest.latest() == null) {
      return newest;
    }
    Update mover =
        newest.movedLatest()
            ? newest
            : session
                .one(UPDATE, LogRows::update, newest.latestRevision())
                .orElseThrow(() -> damaged(session, "no update " + newest.latestRevision()));
    if (mover.kind() != Update.Kind.DELETED) {
      return mover;
    }
    return session
        .one(
            ANY_VERSION,
            row ->
                new Update(
                    mover.revision(),
                    Update.Kind.ROLLED_BACK,
                    newest.worker(),
                    newest.latest(),
                    new Digest(row.getString(1)),
                    row.getLong(2),
                    mover.committedAt(),
                    newest.latest(),
                    mover.revision()),
            newest.worker(),
            newest.latest())
        .orElseThrow(
            () ->
                damaged(
                    session, "no version %s of %s".formatted(newest.latest(), newest.worker())));
  }

  private static CatalogUnavailableException damaged(Session session, String how) {
    return new CatalogUnavailableException(
        "%s is damaged: %s; restore it from a backup".formatted(session.file(), how));
  }

  /**
   * The workers for which the update's digest is ambiguous, because another version of the worker
   * has the same bytes.
   */
  static Set<String> ambiguous(Session session, Collection<Update> updates) throws SQLException {
    Set<String> workers = new HashSet<>();
    for (Update one : updates) {
      String digest = one.digest().hex();
      if (session
          .one(TWIN, row -> row.getString(1), digest, one.worker(), one.version())
          .isPresent()) {
        workers.add(one.worker());
      }
    }
    return workers;
  }

  /** As {@link CatalogReader#counts}. */
  static List<Integer> counts(Session session, List<Span> spans, int most) throws SQLException {
    List<Integer> counts = new ArrayList<>(spans.size());
    for (Span span : spans) {
      counts.add(
          session
              .one(COUNT, row -> row.getInt(1), span.worker(), span.after(), span.upTo(), most)
              .orElseThrow());
    }
    return counts;
  }

  private static Update update(ResultSet row) throws SQLException {
    return new Update(
        row.getLong(1),
        Update.Kind.numbered(row.getInt(2)),
        row.getString(3),
        row.getString(4),
        new Digest(row.getString(5)),
        row.getLong(6),
        Instant.ofEpochMilli(row.getLong(7)),
        row.getString(8),
        row.getLong(9),
        row.getBoolean(10) ? EVERYBODY : null);
  }
}
