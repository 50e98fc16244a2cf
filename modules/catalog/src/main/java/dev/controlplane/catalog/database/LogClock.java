package dev.controlplane.catalog.database;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * Supplies the times of updates, which never decrease along the log. Use it only inside the
 * writer's transaction.
 *
 * <ul>
 *   <li>If the clock was set back by up to {@link #TOLERANCE}, updates get the newest recorded time
 *       until the clock has passed it.
 *   <li>If the newest update is further ahead, the clock was wrong when it was committed. Every
 *       recorded time in the future is then set to the current time, once. Otherwise a clock that
 *       once was an hour or ten years ahead would stop retention by age and everything else that
 *       compares times.
 * </ul>
 */
public final class LogClock {
  /** The largest step back of a clock that counts as normal. */
  public static final Duration TOLERANCE = Duration.ofMinutes(5);

  /** A clock before this time has not been set yet, as on a machine that was just switched on. */
  public static final Instant RELEASED = Instant.parse("2026-01-01T00:00:00Z");

  private static final String NEWEST =
      "SELECT committed_at FROM updates ORDER BY revision DESC LIMIT 1";

  private final InstantSource clock;

  public LogClock(InstantSource clock) {
    this.clock = clock;
  }

  /** Returns the time of the next update, with the millisecond precision in which it is stored. */
  public Instant next(Session session) throws SQLException {
    long now = clock.millis();
    long newest = session.one(NEWEST, row -> row.getLong(1)).orElse(0L);
    if (now >= newest) {
      return Instant.ofEpochMilli(now);
    }
    if (!isWrong(newest, now)) {
      return Instant.ofEpochMilli(newest);
    }
    session.change("UPDATE updates SET committed_at = ?1 WHERE committed_at > ?1", now);
    session.change("UPDATE versions SET uploaded_at = ?1 WHERE uploaded_at > ?1", now);
    session.change("UPDATE unreferenced SET since = ?1 WHERE since > ?1", now);
    return Instant.ofEpochMilli(now);
  }

  /** Whether a stored time, in milliseconds, can only come from a clock that was ahead. */
  static boolean isWrong(long stored, long now) {
    return now >= RELEASED.toEpochMilli() && stored - now > TOLERANCE.toMillis();
  }
}
