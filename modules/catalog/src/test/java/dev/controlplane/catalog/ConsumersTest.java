package dev.controlplane.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.catalog.Consumers.Consumer;
import dev.controlplane.catalog.Consumers.Rejection;
import dev.controlplane.catalog.Consumers.Report;
import dev.controlplane.catalog.Consumers.Sighting;
import dev.controlplane.catalog.Consumers.Standing;
import dev.controlplane.catalog.Consumers.State;
import dev.controlplane.catalog.Consumers.Told;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
    Consumer expected = new Consumer("edge-1", "http://edge-1", NOON, 0, false);
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
        Optional.of(new Consumer("edge-1", "http://new", NOON.plusSeconds(30), 7, false)),
        consumers.find("edge-1"));
  }

  @Test
  void whoSubscribesWithoutRegisteringIsKnown() {
    consumers.seen(List.of(new Sighting("edge-1", NOON, 3)));
    assertEquals(Optional.of(new Consumer("edge-1", "", NOON, 3, false)), consumers.find("edge-1"));
  }

  @Test
  void lastSeenAndLastRevisionOnlyGrow() {
    consumers.seen(
        List.of(
            new Sighting("a", NOON, 9),
            new Sighting("a", NOON.minusSeconds(60), 10),
            new Sighting("a", NOON.plusMillis(1), 2)));
    assertEquals(
        Optional.of(new Consumer("a", "", NOON.plusMillis(1), 10, false)), consumers.find("a"));
    consumers.seen(List.of(new Sighting("a", NOON, 0)));
    assertEquals(
        Optional.of(new Consumer("a", "", NOON.plusMillis(1), 10, false)), consumers.find("a"));
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
    assertEquals(List.of(new Consumer("c09999", "", NOON, 9_999, false)), page.items());
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

  private static Report report(String worker, String version, long revision, State state) {
    String why = state == State.REJECTED ? "why " + revision : "";
    return new Report("c", worker, version, revision, state, why, why, NOON);
  }

  private List<Report> told(Report... reports) {
    return consumers.report(List.of(reports));
  }

  private Standing standing(String worker) {
    return consumers.standings("c", 100, "").stream()
        .filter(standing -> standing.worker().equals(worker))
        .findFirst()
        .orElseThrow();
  }

  private static Told told(String version, long revision) {
    return new Told(version, revision, NOON);
  }

  @Test
  void whatIsReceivedIsAcknowledgedAndWhatIsActiveIsBoth() {
    assertEquals(List.of(), told(report("w", "1", 3, State.RECEIVED)));
    assertEquals(told("1", 3), standing("w").acknowledged());
    assertNull(standing("w").active());

    told(report("w", "2", 4, State.VERIFIED));
    told(report("w", "1", 3, State.ACTIVE));
    assertEquals(told("2", 4), standing("w").acknowledged());
    assertEquals(told("1", 3), standing("w").active());

    told(report("w", "3", 5, State.ACTIVE));
    Standing last = standing("w");
    Consumer reporting = new Consumer("c", "", NOON, 0, true);
    assertEquals(new Standing(reporting, "w", told("3", 5), told("3", 5), null, "", ""), last);
    consumers.close();
    consumers = DataDirectory.openConsumers(directory);
    assertEquals(last, standing("w"));
    assertEquals(Optional.of(reporting), consumers.find("c"));
  }

  @Test
  void aConsumerReportsFromItsFirstReportOnAndForEveryWorker() {
    consumers.seen(List.of(new Sighting("c", NOON, 0, Optional.of(Set.of("w", "x")))));
    assertFalse(standing("w").consumer().reports());
    assertFalse(consumers.find("c").orElseThrow().reports());
    told(report("w", "1", 1, State.RECEIVED));
    assertTrue(standing("w").consumer().reports());
    assertTrue(standing("x").consumer().reports());
    assertTrue(consumers.standingsWith("x", 10, "").getFirst().consumer().reports());
    assertTrue(consumers.find("c").orElseThrow().reports());
    assertTrue(consumers.list(1, null).items().getFirst().reports());
  }

  @Test
  void reportsThatComeLateOrTwiceChangeNothing() {
    told(report("w", "2", 5, State.ACTIVE), report("w", "3", 6, State.REJECTED));
    Standing before = standing("w");
    assertEquals(
        List.of(),
        told(
            report("w", "1", 4, State.RECEIVED),
            report("w", "1", 4, State.ACTIVE),
            report("w", "2", 5, State.ACTIVE),
            report("w", "1", 4, State.REJECTED),
            report("w", "2", 5, State.REJECTED)));
    assertEquals(before, standing("w"));
  }

  @Test
  void aRejectionLeavesWhatIsActiveAndEndsWithTheNextThatIsActive() {
    Report rejection = report("w", "2", 6, State.REJECTED);
    assertEquals(List.of(rejection), told(report("w", "1", 5, State.ACTIVE), rejection));
    Standing rejecting = standing("w");
    assertEquals(told("1", 5), rejecting.active());
    assertEquals(told("2", 6), rejecting.rejected());
    assertEquals("why 6", rejecting.code());
    assertEquals("why 6", rejecting.message());
    assertEquals(Map.of("w", new Rejection("2", 6)), consumers.rejections("c"));

    told(report("w", "1", 5, State.ACTIVE));
    assertEquals(Map.of("w", new Rejection("2", 6)), consumers.rejections("c"));
    told(report("w", "2", 6, State.ACTIVE));
    assertEquals(Map.of(), consumers.rejections("c"));
    assertNull(standing("w").rejected());
    assertEquals("", standing("w").code());

    assertEquals(List.of(), told(report("w", "1", 5, State.REJECTED)));
    assertNull(standing("w").rejected());
    assertEquals(Map.of(), consumers.rejections("nobody"));
  }

  @Test
  void whatWasToldOfAnotherLogKeepsNobodyFromTelling() {
    consumers.follow(new LogState("log", 1, 9, 0));
    consumers.seen(List.of(new Sighting("c", NOON, 9)));
    told(report("w", "8", 8, State.ACTIVE), report("w", "9", 9, State.REJECTED));

    consumers.follow(new LogState("log", 1, 20, 3));
    consumers.follow(LogState.NONE);
    assertEquals(Map.of("w", new Rejection("9", 9)), consumers.rejections("c"));

    consumers.follow(new LogState("log", 2, 5, 0));
    assertEquals(Map.of("w", new Rejection("9", 0)), consumers.rejections("c"));
    assertEquals(0, consumers.find("c").orElseThrow().lastRevision());
    assertEquals(told("8", 0), standing("w").active());
    told(report("w", "6", 6, State.ACTIVE));
    assertEquals(told("6", 6), standing("w").active());
    assertEquals(Map.of(), consumers.rejections("c"));

    consumers.close();
    consumers = DataDirectory.openConsumers(directory);
    consumers.follow(new LogState("log", 2, 7, 0));
    assertEquals(told("6", 6), standing("w").active());
    consumers.follow(new LogState("other", 2, 7, 0));
    assertEquals(told("6", 0), standing("w").active());
  }

  private void subscribed(String consumer, String... workers) {
    consumers.seen(List.of(new Sighting(consumer, NOON, 0, Optional.of(Set.of(workers)))));
  }

  @Test
  void theLastInterestCounts() {
    subscribed("c", "a", "b");
    assertEquals(List.of("a", "b"), workers("c", 10, ""));
    assertFalse(consumers.wantsAll("c"));
    subscribed("c", "b", "d");
    consumers.seen(List.of(new Sighting("c", NOON.plusSeconds(1), 2)));
    assertEquals(List.of("b", "d"), workers("c", 10, ""));
    subscribed("c");
    assertEquals(List.of(), workers("c", 10, ""));
    assertTrue(consumers.wantsAll("c"));
    subscribed("c", "e");
    assertEquals(List.of("e"), workers("c", 10, ""));
    assertFalse(consumers.wantsAll("c"));
  }

  private List<String> workers(String consumer, int limit, String after) {
    return consumers.standings(consumer, limit, after).stream().map(Standing::worker).toList();
  }

  @Test
  void whatAConsumerWantsOrHasToldOfComesInPages() {
    subscribed("c", "a", "c", "e");
    told(report("b", "1", 1, State.ACTIVE), report("c", "1", 2, State.ACTIVE));
    told(report("f", "1", 3, State.ACTIVE));
    subscribed("d", "x");

    assertEquals(List.of("a", "b"), workers("c", 2, ""));
    assertEquals(List.of("c", "e"), workers("c", 2, "b"));
    assertEquals(List.of("f"), workers("c", 2, "e"));
    assertNull(standing("a").active());
    assertEquals(told("1", 2), standing("c").active());
    assertEquals(List.of(), workers("nobody", 2, ""));
  }

  @Test
  void whoWantsAWorkerOrHasToldOfItComesInPages() {
    subscribed("a", "w", "x");
    subscribed("b");
    subscribed("d", "x");
    subscribed("e", "w");
    consumers.register("f", "", NOON);
    told(report("w", "1", 3, State.ACTIVE));

    assertEquals(List.of("a", "b", "c"), consumersOf("w", 3, ""));
    assertEquals(List.of("e"), consumersOf("w", 3, "c"));
    assertEquals(List.of("a", "b", "d"), consumersOf("x", 3, ""));
    assertEquals(List.of("b"), consumersOf("y", 3, ""));
    assertEquals(told("1", 3), consumers.standingsWith("w", 1, "b").getFirst().active());
  }

  private List<String> consumersOf(String worker, int limit, String after) {
    return consumers.standingsWith(worker, limit, after).stream()
        .map(standing -> standing.consumer().id())
        .toList();
  }
}
