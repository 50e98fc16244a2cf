package dev.controlplane.catalog.database;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * The times of updates, which never decrease along the log; used inside the writer's transaction.
 *
 * <p>If the clock was set back a little, updates get the time of the newest one until the clock has
 * come there. If the newest update is further ahead than {@link #TOLERANCE}, the clock was wrong
 * when it was committed: everything that is stamped in the future is stamped with the current time,
 * once, and time goes on from there. So a clock that was once an hour or ten years ahead stops
 * neither retention by age nor anything else that looks at times.
 */
public final class LogClock {
  /**
   * The largest set-back of a clock that counts as normal: updates keep the newest time until the
   * clock has passed it.
   */
  public static final Duration TOLERANCE = Duration.ofMinutes(5);

  /**
   * A clock that is before this time has not been set yet, as on a machine that was just switched
   * on.
   */
  public static final Instant RELEASED = Instant.parse("2026-01-01T00:00:00Z");

  private static final String NEWEST =
      "SELECT committed_at FROM updates ORDER BY revision DESC LIMIT 1";

  private final InstantSource clock;

  public LogClock(InstantSource clock) {
    this.clock = clock;
  }

  /** The time of the next update, in milliseconds, as precise as it is stored. */
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

  /** Whether a stored time can only come from a clock that was ahead, in milliseconds. */
  static boolean isWrong(long stored, long now) {
    return now >= RELEASED.toEpochMilli() && stored - now > TOLERANCE.toMillis();
  }
}
