package dev.controlplane.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.controlplane.catalog.Consumers.Consumer;
import dev.controlplane.catalog.Consumers.Sighting;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is known, since when, and up to where. */
class ConsumersTest {
  private static final Instant NOON = Instant.parse("2026-11-23T12:00:00.123Z");

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

  @Test
  void aRegistrationIsKept() {
    consumers.register("edge-1", "http://edge-1", NOON);
    Consumer expected = new Consumer("edge-1", "http://edge-1", NOON, 0);
    assertEquals(Optional.of(expected), consumers.find("edge-1"));
    assertEquals(new Page<>(List.of(expected), null), consumers.list(10, null));
    consumers.close();
    consumers = DataDirectory.openConsumers(directory);
    assertEquals(Optional.of(expected), consumers.find("edge-1"));
  }

  @Test
  void theNewestEndpointCountsAndTheRestStays() {
    consumers.register("edge-1", "http://old", NOON);
    consumers.seen(List.of(new Sighting("edge-1", NOON.plusSeconds(30), 7)));
    consumers.register("edge-1", "http://new", NOON.plusSeconds(10));
    assertEquals(
        Optional.of(new Consumer("edge-1", "http://new", NOON.plusSeconds(30), 7)),
        consumers.find("edge-1"));
  }

  @Test
  void whoSubscribesWithoutRegisteringIsKnown() {
    consumers.seen(List.of(new Sighting("edge-1", NOON, 3)));
    assertEquals(Optional.of(new Consumer("edge-1", "", NOON, 3)), consumers.find("edge-1"));
  }

  @Test
  void lastSeenAndLastRevisionOnlyGrow() {
    consumers.seen(
        List.of(
            new Sighting("a", NOON, 9),
            new Sighting("a", NOON.minusSeconds(60), 10),
            new Sighting("a", NOON.plusMillis(1), 2)));
    assertEquals(Optional.of(new Consumer("a", "", NOON.plusMillis(1), 10)), consumers.find("a"));
    consumers.seen(List.of(new Sighting("a", NOON, 0)));
    assertEquals(Optional.of(new Consumer("a", "", NOON.plusMillis(1), 10)), consumers.find("a"));
  }

  @Test
  void tenThousandSightingsAreOneTransaction() {
    List<Sighting> sightings = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      sightings.add(new Sighting("c%05d".formatted(i), NOON, i));
    }
    long before = consumers.status().transactions();
    consumers.seen(sightings);
    assertEquals(before + 1, consumers.status().transactions());
    Page<Consumer> page = consumers.list(9_999, null);
    assertEquals(9_999, page.items().size());
    assertEquals("c09998", page.items().getLast().id());
    page = consumers.list(9_999, page.next());
    assertEquals(List.of(new Consumer("c09999", "", NOON, 9_999)), page.items());
    assertEquals(null, page.next());
  }

  @Test
  void nobodySeenIsNoTransaction() {
    long before = consumers.status().transactions();
    consumers.seen(List.of());
    assertEquals(before, consumers.status().transactions());
  }

  @Test
  void theUnknownAreNobody() {
    assertEquals(Optional.empty(), consumers.find("nobody"));
    assertEquals(new Page<>(List.of(), null), consumers.list(1, null));
    assertThrows(IllegalArgumentException.class, () -> consumers.list(1, "r1"));
    assertThrows(IllegalArgumentException.class, () -> consumers.list(0, null));
    consumers.check();
  }
}
