package dev.controlplane.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.catalog.Consumers.Report;
import dev.controlplane.catalog.Consumers.Sighting;
import dev.controlplane.catalog.Consumers.State;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Consumers go, by themselves or when they are told to, and nothing is left of them. */
class ForgottenConsumersTest {
  private final Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);

  @TempDir Path directory;
  private Consumers consumers;

  @BeforeEach
  void open() {
    consumers = DataDirectory.openConsumers(directory);
  }

  @AfterEach
  void close() {
    consumers.close();
  }

  private void seen(String id, Instant at) {
    consumers.seen(List.of(new Sighting(id, at, 1, Optional.of(Set.of("w")))));
    consumers.report(List.of(new Report(id, "w", "1", 1, State.REJECTED, "bad", "", at)));
  }

  @Test
  void aForgottenConsumerLeavesNothingAndMayComeAgain() {
    seen("a", now);
    seen("b", now);
    assertTrue(consumers.forget("a"));
    assertFalse(consumers.forget("a"));
    assertFalse(consumers.forget("never"));
    assertEquals(Map.of(), consumers.rejections("a"));
    assertEquals(
        List.of("b"),
        consumers.standingsWith("w", 10, "").stream()
            .map(standing -> standing.consumer().id())
            .toList());
    consumers.seen(List.of(new Sighting("a", now, 0)));
    assertEquals(List.of(), consumers.standings("a", 10, ""));
  }

  @Test
  void whoWasNotSeenForLongGoesUnlessSpared() {
    seen("old", now.minusMillis(1));
    seen("spared", now.minusMillis(1));
    seen("seen", now);
    assertEquals(1, consumers.expire(now, "spared"::equals));
    assertTrue(consumers.find("old").isEmpty());
    assertEquals(Map.of(), consumers.rejections("old"));
    assertTrue(consumers.find("spared").isPresent());
    assertTrue(consumers.find("seen").isPresent());
  }

  @Test
  void manyGoInBatches() {
    List<Sighting> many = new ArrayList<>();
    for (int i = 0; i < 1001; i++) {
      many.add(new Sighting("c" + i, now.minusSeconds(1), 1, Optional.of(Set.of())));
    }
    consumers.seen(many);
    assertEquals(1001, consumers.expire(now, id -> false));
    assertEquals(List.of(), consumers.following("", 10));
    assertEquals(List.of(), consumers.standingsWith("w", 10, ""));
  }

  @Test
  void aClockThatWasAheadKeepsNobodyForEver() {
    Instant ahead = now.plus(Duration.ofDays(3650));
    seen("back", ahead);
    seen("gone", ahead);
    seen("back", now);
    assertEquals(now, consumers.find("back").orElseThrow().lastSeen());
    assertEquals(0, consumers.expire(now.minusSeconds(1), id -> false));
    assertTrue(consumers.find("gone").orElseThrow().lastSeen().isBefore(ahead));
    assertEquals(1, consumers.expire(Instant.now().plusMillis(1), "back"::equals));
  }
}
