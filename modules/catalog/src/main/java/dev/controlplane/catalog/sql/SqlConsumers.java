package dev.controlplane.catalog.sql;

import dev.controlplane.catalog.Consumers;
import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.Page;
import dev.controlplane.catalog.WriterStatus;
import dev.controlplane.catalog.database.LogClock;
import dev.controlplane.catalog.database.ReaderThreads;
import dev.controlplane.catalog.database.Schema;
import dev.controlplane.catalog.database.Session;
import dev.controlplane.catalog.database.WritableDatabase;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** The consumers in {@code consumers.db}. */
public final class SqlConsumers implements Consumers {
  private static final int THREADS = 2;

  /** Stands for all workers in the table {@code interests}. */
  private static final String ALL = "";

  /**
   * Records a sighting. Time and revision only grow, because sightings may arrive late and in any
   * order. A recorded time in the future is replaced, because the clock was wrong then.
   */
  private static final String SEEN =
      """
      INSERT INTO consumers (id, endpoint, last_seen, last_revision) VALUES (?1, '', ?2, ?3)
      ON CONFLICT (id) DO UPDATE SET
        last_seen = CASE WHEN excluded.last_seen > consumers.last_seen
            OR consumers.last_seen > ?4
          THEN excluded.last_seen ELSE consumers.last_seen END,
        last_revision = CASE WHEN excluded.last_revision > consumers.last_revision
          THEN excluded.last_revision ELSE consumers.last_revision END\
      """;

  private static final String ENDPOINT = "UPDATE consumers SET endpoint = ? WHERE id = ?";

  /** For {@link #consumer}. */
  static final String COLUMNS =
      "c.id, c.endpoint, c.last_seen, c.last_revision,"
          + " EXISTS (SELECT 1 FROM statuses r WHERE r.consumer = c.id)";

  private final WritableDatabase writer;
  private final ReaderThreads readers;
  private final SqlStandings standings;
  private final ConsumerExpiry expiry;
  private final InstantSource clock = InstantSource.system();
  private volatile LogState followed = LogState.NONE;

  public SqlConsumers(Path directory, WritableDatabase writer) {
    this.writer = writer;
    this.readers = new ReaderThreads(directory, Schema.CONSUMERS, THREADS, () -> {});
    this.standings = new SqlStandings(readers);
    this.expiry = new ConsumerExpiry(writer, readers);
  }

  /**
   * The latest time that a correct clock can have shown, in milliseconds. Unlimited while this
   * clock is not set.
   */
  private long believable() {
    long now = clock.millis();
    return now < LogClock.RELEASED.toEpochMilli()
        ? Long.MAX_VALUE
        : now + LogClock.TOLERANCE.toMillis();
  }

  @Override
  public boolean forget(String id) {
    return expiry.forget(id);
  }

  @Override
  public int expire(Instant before, Predicate<String> spared) {
    long now = clock.millis();
    long believable = believable();
    writer.commit(
        session ->
            session.change(
                "UPDATE consumers SET last_seen = ? WHERE last_seen > ?", now, believable));
    return expiry.expire(before.toEpochMilli(), spared);
  }

  @Override
  public void register(String id, String endpoint, Instant at) {
    writer.commit(
        session -> {
          session.change(SEEN, id, at.toEpochMilli(), 0L, believable());
          session.change(ENDPOINT, endpoint, id);
          return null;
        });
  }

  @Override
  public void seen(Collection<Sighting> sightings) {
    List<Sighting> taken = List.copyOf(sightings);
    if (taken.isEmpty()) {
      return;
    }
    writer.commit(
        session -> {
          for (Sighting sighting : taken) {
            session.change(
                SEEN,
                sighting.id(),
                sighting.at().toEpochMilli(),
                sighting.lastRevision(),
                believable());
            if (sighting.interest().isPresent()) {
              interested(session, sighting.id(), sighting.interest().get());
            }
          }
          return null;
        });
  }

  /**
   * Changes only the rows that differ: most consumers that subscribe again want the same workers.
   */
  private static void interested(Session session, String consumer, Set<String> workers)
      throws SQLException {
    Set<String> wanted = new HashSet<>(workers.isEmpty() ? Set.of(ALL) : workers);
    for (String known :
        session.all(
            "SELECT worker FROM interests WHERE consumer = ?", row -> row.getString(1), consumer)) {
      if (!wanted.remove(known)) {
        session.change("DELETE FROM interests WHERE consumer = ? AND worker = ?", consumer, known);
      }
    }
    for (String worker : wanted) {
      session.change("INSERT INTO interests (consumer, worker) VALUES (?, ?)", consumer, worker);
    }
  }

  @Override
  public void follow(LogState log) {
    if (log.id().isEmpty() || isFollowed(log)) {
      return;
    }
    writer.commit(
        session -> {
          LogState before =
              session
                  .one(
                      "SELECT log_id, epoch FROM log",
                      row -> new LogState(row.getString(1), row.getLong(2), 0, 0))
                  .orElse(LogState.NONE);
          if (!before.id().equals(log.id()) || before.epoch() != log.epoch()) {
            session.change("UPDATE log SET log_id = ?, epoch = ?", log.id(), log.epoch());
            session.change("UPDATE consumers SET last_revision = 0");
            session.change(
                "UPDATE statuses SET acknowledged_revision = 0, active_revision = 0,"
                    + " rejected_revision = 0");
          }
          return null;
        });
    followed = log;
  }

  private boolean isFollowed(LogState log) {
    LogState known = followed;
    return known.id().equals(log.id()) && known.epoch() == log.epoch();
  }

  @Override
  public List<Report> report(List<Report> reports) {
    List<Report> taken = List.copyOf(reports);
    if (taken.isEmpty()) {
      return List.of();
    }
    return writer.commit(
        session -> {
          List<Report> rejecting = new ArrayList<>();
          for (Report report : taken) {
            session.change(SEEN, report.consumer(), report.at().toEpochMilli(), 0L, believable());
            if (SqlStandings.record(session, report) && report.state() == State.REJECTED) {
              rejecting.add(report);
            }
          }
          return rejecting;
        });
  }

  @Override
  public Map<String, Rejection> rejections(String consumer) {
    return standings.rejections(consumer);
  }

  @Override
  public boolean wantsAll(String consumer) {
    return readers.ask(
        session ->
            session
                .one(
                    "SELECT 1 FROM interests WHERE consumer = ? AND worker = ?",
                    row -> true,
                    consumer,
                    ALL)
                .isPresent());
  }

  @Override
  public List<Standing> standings(String consumer, int limit, String after) {
    return standings.of(consumer, limit, after);
  }

  @Override
  public List<Standing> standingsWith(String worker, int limit, String after) {
    return standings.with(worker, limit, after);
  }

  @Override
  public List<String> mostReported(int limit) {
    return standings.mostReported(limit);
  }

  @Override
  public Optional<Consumer> find(String id) {
    return readers.ask(
        session ->
            session.one(
                "SELECT " + COLUMNS + " FROM consumers c WHERE c.id = ?",
                SqlConsumers::consumer,
                id));
  }

  @Override
  public Page<Consumer> list(int limit, String after) {
    String id = after == null ? "" : Cursor.name(after);
    int wanted = Cursor.oneMore(limit);
    return Cursor.page(following(id, wanted), limit, consumer -> Cursor.of(consumer.id()));
  }

  @Override
  public List<Consumer> following(String id, int limit) {
    return readers.ask(
        session ->
            session.all(
                "SELECT " + COLUMNS + " FROM consumers c WHERE c.id > ? ORDER BY c.id LIMIT ?",
                SqlConsumers::consumer,
                id,
                limit));
  }

  @Override
  public void check() {
    writer.check("SELECT epoch FROM log");
  }

  @Override
  public WriterStatus status() {
    return writer.status();
  }

  @Override
  public void close() {
    writer.close();
    readers.close();
  }

  /** From {@link #COLUMNS}, which come first. */
  static Consumer consumer(ResultSet row) throws SQLException {
    return new Consumer(
        row.getString(1),
        row.getString(2),
        Instant.ofEpochMilli(row.getLong(3)),
        row.getLong(4),
        row.getBoolean(5));
  }
}
