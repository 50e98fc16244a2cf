package dev.controlplane.catalog.database;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.controlplane.catalog.DataDirectory;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Times of the log never decrease, and a clock that was wrong once does not stop them. */
class LogClockTest {
  private static final Instant NOON = Instant.parse("2026-11-28T12:00:00Z");
  private static final Duration TEN_YEARS = Duration.ofDays(3650);

  @TempDir Path directory;
  private Session session;
  private Instant clock = NOON;
  private long revision;

  @BeforeEach
  void open() throws Exception {
    DataDirectory.openCatalog(directory).close();
    session = Session.toWrite(Schema.CATALOG.in(directory));
  }

  @AfterEach
  void close() throws SQLException {
    session.close();
  }

  private Instant commit() throws SQLException {
    Instant at = new LogClock(() -> clock).next(session);
    revision++;
    session.change(
        "INSERT INTO updates VALUES (?, 1, 'w', ?, 'd', 1, ?, ?, ?)",
        revision,
        "" + revision,
        at.toEpochMilli(),
        "" + revision,
        revision);
    session.change(
        "INSERT INTO versions VALUES ('w', ?, 'd', 1, 't', ?, ?, 0)",
        "" + revision,
        at.toEpochMilli(),
        revision);
    return at;
  }

  private Instant time(String column, String table) throws SQLException {
    return Instant.ofEpochMilli(session.number("SELECT MAX(" + column + ") FROM " + table));
  }

  @Test
  void aClockThatIsSetBackALittleIsWaitedFor() throws SQLException {
    commit();
    clock = NOON.minus(LogClock.TOLERANCE);
    assertEquals(NOON, commit());
    clock = NOON.plusMillis(1);
    assertEquals(clock, commit());
  }

  @Test
  void whatWasStampedWhileTheClockWasAheadIsStampedAnew() throws SQLException {
    commit();
    clock = NOON.plus(TEN_YEARS);
    assertEquals(clock, commit());
    clock = NOON.plusSeconds(1);
    assertEquals(clock, new LogClock(() -> clock).next(session));
    assertEquals(clock, time("committed_at", "updates"));
    assertEquals(clock, time("uploaded_at", "versions"));
    assertEquals(NOON.toEpochMilli(), session.number("SELECT MIN(committed_at) FROM updates"));
    assertEquals(clock, commit());
  }

  @Test
  void aClockThatWasNeverSetIsNotBelieved() throws SQLException {
    commit();
    clock = Instant.EPOCH;
    assertEquals(NOON, commit());
    assertEquals(NOON, time("committed_at", "updates"));
  }
}
