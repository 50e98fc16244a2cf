package dev.controlplane.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.catalog.database.Schema;
import dev.controlplane.catalog.failures.VersionConflictException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How workers stood at a revision, and what is left to tell after the log was compacted. */
class SnapshotTest {
  private static final StoredBlob ONE = new StoredBlob(new Digest("1".repeat(64)), 1);
  private static final StoredBlob TWO = new StoredBlob(new Digest("2".repeat(64)), 2);

  @TempDir Path directory;
  private Catalog catalog;

  @BeforeEach
  void open() {
    catalog = DataDirectory.openCatalog(directory);
  }

  @AfterEach
  void close() {
    catalog.close();
  }

  private static String told(Update update) {
    return "%s %s %s @%d"
        .formatted(update.worker(), update.kind(), update.version(), update.revision());
  }

  private List<String> at(long revision) {
    List<String> all = new ArrayList<>();
    String after = "";
    while (after != null) {
      Page<Update> page = catalog.snapshot(revision, 2, after);
      page.items().forEach(update -> all.add(told(update)));
      after = page.next();
    }
    return all;
  }

  @Test
  void aSnapshotHasTheLatestOfEachWorkerAsTheUpdateThatMadeItSo() {
    catalog.publish("b", "1", ONE, null);
    catalog.publish("a", "1", ONE, null);
    catalog.publish("a", "2", TWO, null);
    catalog.moveLatest("a", "1");
    catalog.publish("c", "1", ONE, null);
    catalog.publish("c", "2", TWO, null);
    catalog.delete("c", "1");

    assertEquals(List.of("a ROLLED_BACK 1 @4", "b PUBLISHED 1 @1", "c PUBLISHED 2 @6"), at(7));
  }

  @Test
  void aSnapshotIsOfItsRevisionWhateverCameLater() {
    catalog.publish("a", "1", ONE, null);
    catalog.publish("b", "1", ONE, null);
    catalog.publish("a", "2", TWO, null);
    catalog.delete("b", "1");
    catalog.publish("c", "1", ONE, null);

    assertEquals(List.of("a PUBLISHED 1 @1", "b PUBLISHED 1 @2"), at(2));
    assertEquals(List.of(), at(0));
  }

  @Test
  void aDeletedLatestGivesWayToTheNewestLeftAndTheLastTakesTheWorker() {
    catalog.publish("a", "1", ONE, null);
    catalog.publish("a", "2", TWO, null);
    catalog.delete("a", "2");

    Update moved = catalog.updates(2, 1).getFirst();
    assertEquals("1", moved.latest());
    assertTrue(moved.movedLatest());
    assertEquals(List.of("a ROLLED_BACK 1 @3"), at(3));
    assertEquals(ONE.digest(), catalog.snapshot(3, List.of("a")).getFirst().digest());

    catalog.delete("a", "1");
    assertNull(catalog.updates(3, 1).getFirst().latest());
    assertEquals(List.of("a DELETED 1 @4"), at(4));
  }

  @Test
  void theDeletionOfAnOldVersionDoesNotMoveTheLatest() {
    catalog.publish("a", "1", ONE, null);
    catalog.publish("a", "2", TWO, null);
    catalog.delete("a", "1");

    Update deletion = catalog.updates(2, 1).getFirst();
    assertFalse(deletion.movedLatest());
    assertEquals("2", deletion.latest());
    assertEquals(2, deletion.latestRevision());
  }

  @Test
  void namedWorkersAloneAreTold() {
    catalog.publish("a", "1", ONE, null);
    catalog.publish("b", "1", ONE, null);

    assertEquals(
        List.of("b PUBLISHED 1 @2"),
        catalog.snapshot(2, List.of("b", "nobody")).stream().map(SnapshotTest::told).toList());
  }

  @Test
  void namesComeInTheOrderOfTheirBytes() {
    List<String> names = List.of("A", "a", "é", "\uFF5E", "\uD83D\uDE00");
    for (String name : names.reversed()) {
      catalog.publish(name, "1", ONE, null);
    }

    assertEquals(names, at(5).stream().map(told -> told.substring(0, told.indexOf(' '))).toList());
  }

  /** Whether a worker was deleted at or before a revision. */
  private static boolean isGoneBy(String told, long revision) {
    return told.contains(" DELETED ")
        && Long.parseLong(told.substring(told.indexOf('@') + 1)) <= revision;
  }

  @Test
  void nothingIsLeftOfWorkersThatWereDeletedBeforeTheLogBegins() {
    for (int i = 0; i < 50; i++) {
      catalog.publish("w" + i, "1", ONE, null);
      catalog.delete("w" + i, "1");
    }
    catalog.publish("w0", "2", TWO, null);
    assertEquals(100, catalog.compact(100));

    assertEquals(List.of("w0"), at(101).stream().map(told -> told.substring(0, 2)).toList());
    assertEquals(1, catalog.updates(100, 10).size());
    assertEquals(List.of(), catalog.snapshot(101, List.of("w1")));
    assertEquals(Optional.empty(), catalog.recorded("w1", "1"));
    // Its number can be used again, also for other bytes.
    assertEquals(102, catalog.publish("w1", "1", TWO, null).revision());
  }

  @Test
  void theNumberOfADeletedVersionStaysUsedAsLongAsTheLogHasItsDeletion() {
    catalog.publish("w", "1", ONE, null);
    catalog.publish("w", "2", ONE, null);
    catalog.delete("w", "1");
    catalog.compact(2);
    assertThrows(VersionConflictException.class, () -> catalog.publish("w", "1", TWO, null));
    catalog.publish("w", "1", ONE, null);
    catalog.delete("w", "1");
    catalog.compact(3);
    assertThrows(VersionConflictException.class, () -> catalog.publish("w", "1", TWO, null));
    catalog.compact(5);
    catalog.publish("w", "1", TWO, null);
  }

  @Test
  void compactionKeepsWhatTellsHowWorkersStand() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Map<Long, List<String>> stood = new HashMap<>();
    Map<String, List<String>> versions = new HashMap<>();
    while (catalog.head() < 200) {
      String worker = "w" + random.nextInt(5);
      List<String> known = versions.computeIfAbsent(worker, w -> new ArrayList<>());
      switch (known.isEmpty() ? 0 : random.nextInt(4)) {
        case 0, 1 -> {
          String version = String.valueOf(catalog.head() + 1);
          catalog.publish(worker, version, random.nextBoolean() ? ONE : TWO, null);
          known.add(version);
        }
        case 2 -> catalog.moveLatest(worker, known.get(random.nextInt(known.size())));
        default -> catalog.delete(worker, known.remove(random.nextInt(known.size())));
      }
      stood.put(catalog.head(), at(catalog.head()));
    }

    for (long upTo : new long[] {1, 50, 51, 120, 200}) {
      catalog.compact(upTo);
      assertEquals(upTo, catalog.log().compacted());
      for (long revision = upTo; revision <= 200; revision++) {
        assertEquals(
            stood.get(revision).stream().filter(told -> !isGoneBy(told, upTo)).toList(),
            at(revision),
            "seed " + seed + ", revision " + revision);
      }
      assertThrows(CompactedException.class, () -> at(upTo - 1));
      assertThrows(CompactedException.class, () -> catalog.updates(upTo - 1, 1));
      assertEquals(200 - upTo, catalog.updates(upTo, 1000).size());
    }
    assertEquals(200, catalog.log().head());
  }

  @Test
  void compactionTwiceRemovesNothingMore() {
    for (int i = 1; i <= 10; i++) {
      catalog.publish("a", String.valueOf(i), ONE, null);
    }

    assertEquals(8, catalog.compact(9));
    assertEquals(0, catalog.compact(9));
    assertEquals(0, catalog.compact(5));
    assertEquals(1, catalog.compact(Long.MAX_VALUE));
    assertEquals(10, catalog.log().compacted());
    assertEquals(11, catalog.publish("a", "11", TWO, null).revision());
  }

  @Test
  void theEpochStaysAtARestartAndGrowsWhenTheLogWentBack() throws Exception {
    catalog.publish("a", "1", ONE, null);
    LogState before = catalog.log();
    catalog.close();
    Path database = Schema.CATALOG.in(directory);
    Path backup = directory.resolveSibling(directory.getFileName() + "-backup");
    Files.copy(database, backup);

    catalog = DataDirectory.openCatalog(directory);
    assertEquals(before, catalog.log());
    catalog.publish("a", "2", TWO, null);
    catalog.close();

    for (long epoch = before.epoch() + 1; epoch <= before.epoch() + 2; epoch++) {
      Files.copy(backup, database, StandardCopyOption.REPLACE_EXISTING);
      catalog = DataDirectory.openCatalog(directory);
      assertEquals(new LogState(before.id(), epoch, 1, 0), catalog.log());
      catalog.publish("a", "3", TWO, null);
      catalog.close();
    }
    catalog = DataDirectory.openCatalog(directory);
    assertEquals(before.epoch() + 2, catalog.log().epoch());
  }
}
