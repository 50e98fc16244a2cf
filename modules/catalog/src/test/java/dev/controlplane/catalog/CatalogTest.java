package dev.controlplane.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.catalog.Catalog.Change;
import dev.controlplane.catalog.CatalogReader.Span;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.NotLatestException;
import dev.controlplane.catalog.failures.UnknownVersionException;
import dev.controlplane.catalog.failures.VersionConflictException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a catalog says of publishes, rollbacks and deletes. */
class CatalogTest {
  private static final StoredBlob ONE = Blobs.of("one");
  private static final StoredBlob TWO = Blobs.of("two, longer");

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

  @Test
  void aPublishIsTheLatestTheNewestAndOneUpdate() {
    Instant before = Instant.ofEpochMilli(System.currentTimeMillis());
    Change change = catalog.publish("hello.js", "1", ONE, null);

    assertTrue(change.changed());
    assertEquals(1, change.revision());
    Version version = change.version();
    assertEquals("hello.js", version.worker());
    assertEquals("1", version.version());
    assertEquals(ONE.digest(), version.digest());
    assertEquals(ONE.size(), version.size());
    assertEquals("text/javascript", version.contentType());
    assertEquals(1, version.revision());
    assertFalse(version.uploadedAt().isBefore(before));

    assertEquals(Optional.of(version), catalog.latest("hello.js"));
    assertEquals(Optional.of(version), catalog.version("hello.js", "1"));
    assertEquals(new Page<>(List.of(version), null), catalog.versions("hello.js", 1, null));
    assertEquals(new Page<>(List.of(version), null), catalog.latestOfAll(1, null));
    assertEquals(1, catalog.head());
    assertEquals(
        List.of(
            new Update(
                1,
                Update.Kind.PUBLISHED,
                "hello.js",
                "1",
                ONE.digest(),
                ONE.size(),
                version.uploadedAt(),
                "1",
                1)),
        catalog.updates(0, 10));
  }

  @Test
  void theSameBytesAgainChangeNothing() {
    Change first = catalog.publish("w", "1", ONE, "text/plain");
    catalog.publish("w", "2", TWO, null);
    Change again = catalog.publish("w", "1", ONE, "text/css");

    assertEquals(new Change(first.version(), 1, false), again);
    assertEquals("2", catalog.latest("w").orElseThrow().version());
    assertEquals(2, catalog.head());
  }

  @Test
  void otherBytesForAVersionAreRefused() {
    Change first = catalog.publish("w", "1", ONE, null);
    VersionConflictException e =
        assertThrows(VersionConflictException.class, () -> catalog.publish("w", "1", TWO, null));

    assertTrue(e.getMessage().contains("version 1 of w is published already"), e.getMessage());
    assertEquals(Optional.of(first.version()), catalog.version("w", "1"));
    assertEquals(1, catalog.head());
  }

  @Test
  void aRollbackMovesTheLatestAndIsAnUpdate() {
    Change one = catalog.publish("w", "1", ONE, null);
    catalog.publish("w", "2", TWO, null);
    Change back = catalog.moveLatest("w", "1");

    assertEquals(new Change(one.version(), 3, true), back);
    assertEquals(Optional.of(one.version()), catalog.latest("w"));
    Update update = catalog.updates(2, 10).getFirst();
    assertEquals(Update.Kind.ROLLED_BACK, update.kind());
    assertEquals("1", update.version());
    assertEquals(ONE.digest(), update.digest());
  }

  @Test
  void aRollbackToTheLatestChangesNothingAndTellsWhatMadeItSo() {
    Change one = catalog.publish("w", "1", ONE, null);
    Change two = catalog.publish("w", "2", TWO, null);
    assertEquals(new Change(two.version(), 2, false), catalog.moveLatest("w", "2"));
    catalog.moveLatest("w", "1");
    assertEquals(new Change(one.version(), 3, false), catalog.moveLatest("w", "1"));
    assertEquals(3, catalog.head());
  }

  @Test
  void aRetryIsARollbackToTheLatestThatSaysSo() {
    catalog.publish("w", "1", ONE, null);
    catalog.publish("w", "2", TWO, null);
    catalog.moveLatest("w", "1");
    Change retry = catalog.retry("w", "1", "");
    assertEquals(4, retry.revision());
    assertTrue(retry.changed());
    List<Update> updates = catalog.updates(2, 10);
    assertEquals(Update.Kind.ROLLED_BACK, updates.get(0).kind());
    assertNull(updates.get(0).retry());
    assertEquals(Update.Kind.ROLLED_BACK, updates.get(1).kind());
    assertEquals(new Update.Retry(""), updates.get(1).retry());
    assertTrue(updates.get(1).movedLatest());
    assertTrue(updates.get(1).isFor("anybody"));
    assertEquals(4, catalog.snapshot(4, List.of("w")).getFirst().revision());
    assertEquals(4, catalog.moveLatest("w", "1").revision());

    String message =
        assertThrows(NotLatestException.class, () -> catalog.retry("w", "2", "")).getMessage();
    assertTrue(message.contains("version 2 of w is not the latest, 1 is"), message);
    assertThrows(UnknownVersionException.class, () -> catalog.retry("w", "9", ""));
    assertThrows(UnknownVersionException.class, () -> catalog.retry("x", "1", ""));
    assertEquals(4, catalog.head());
  }

  @Test
  void aRetryForOneConsumerMovesNothing() {
    catalog.publish("w", "1", ONE, null);
    assertEquals(2, catalog.retry("w", "1", "edge-1").revision());
    assertEquals(3, catalog.retry("w", "1", "edge-2").revision());
    catalog.close();
    open();
    List<Update> updates = catalog.updates(1, 10);
    assertEquals(new Update.Retry("edge-1"), updates.get(0).retry());
    assertEquals(new Update.Retry("edge-2"), updates.get(1).retry());
    assertFalse(updates.get(0).movedLatest());
    assertTrue(updates.get(0).isFor("edge-1"));
    assertFalse(updates.get(0).isFor("edge-2"));
    assertEquals(1, catalog.snapshot(3, List.of("w")).getFirst().revision());
    assertEquals(List.of(1), catalog.counts(List.of(new Span("w", 0, 3)), 10));

    catalog.compact(2);
    assertEquals(new Update.Retry("edge-2"), catalog.updates(2, 10).getFirst().retry());
    assertEquals(1, catalog.snapshot(3, List.of("w")).getFirst().revision());
    catalog.retry("w", "1", "");
    catalog.compact(4);
    assertEquals(4, catalog.snapshot(4, List.of("w")).getFirst().revision());
  }

  @Test
  void aDeleteIsOneUpdateAndTheNewestLeftBecomesTheLatest() {
    catalog.publish("w", "1", ONE, null);
    Change two = catalog.publish("w", "2", TWO, null);
    catalog.publish("w", "3", ONE, null);
    Change deleted = catalog.delete("w", "3");

    assertEquals(4, deleted.revision());
    assertTrue(deleted.changed());
    assertEquals(4, catalog.head());
    assertEquals(Optional.of(two.version()), catalog.latest("w"));
    assertEquals(Optional.empty(), catalog.version("w", "3"));
    assertEquals(2, catalog.versions("w", 10, null).items().size());
    Update update = catalog.updates(3, 10).getFirst();
    assertEquals(Update.Kind.DELETED, update.kind());
    assertEquals("3", update.version());
    assertEquals(ONE.digest(), update.digest());
    assertEquals(ONE.size(), update.size());
    // What made version 2 the latest again is the delete.
    assertEquals(new Change(two.version(), 4, false), catalog.moveLatest("w", "2"));
  }

  @Test
  void aDeleteOfAnOlderVersionLeavesTheLatestAlone() {
    catalog.publish("w", "1", ONE, null);
    Change two = catalog.publish("w", "2", TWO, null);
    catalog.delete("w", "1");
    assertEquals(Optional.of(two.version()), catalog.latest("w"));
    assertEquals(new Change(two.version(), 2, false), catalog.moveLatest("w", "2"));
  }

  @Test
  void theLastVersionTakesTheWorkerWithIt() {
    catalog.publish("w", "1", ONE, null);
    catalog.delete("w", "1");
    assertEquals(Optional.empty(), catalog.latest("w"));
    assertEquals(new Page<>(List.of(), null), catalog.versions("w", 10, null));
    assertEquals(new Page<>(List.of(), null), catalog.latestOfAll(10, null));
    assertThrows(UnknownVersionException.class, () -> catalog.moveLatest("w", "1"));
    assertThrows(UnknownVersionException.class, () -> catalog.delete("w", "1"));
    assertEquals(2, catalog.head());
  }

  @Test
  void aDeletedNumberStaysUsed() {
    catalog.publish("w", "1", ONE, null);
    catalog.delete("w", "1");
    VersionConflictException e =
        assertThrows(VersionConflictException.class, () -> catalog.publish("w", "1", TWO, null));
    assertTrue(e.getMessage().contains("was published and deleted"), e.getMessage());
    assertEquals(2, catalog.head());
  }

  @Test
  void theSameBytesBringADeletedVersionBack() {
    catalog.publish("w", "1", ONE, "text/plain");
    catalog.publish("w", "2", TWO, null);
    catalog.delete("w", "1");
    Change back = catalog.publish("w", "1", ONE, "text/css");

    assertTrue(back.changed());
    assertEquals(4, back.revision());
    assertEquals(4, back.version().revision());
    assertEquals("text/css", back.version().contentType());
    assertEquals(Optional.of(back.version()), catalog.latest("w"));
    assertEquals(Update.Kind.PUBLISHED, catalog.updates(3, 1).getFirst().kind());
    assertEquals(
        List.of("1", "2"),
        catalog.versions("w", 10, null).items().stream().map(Version::version).toList());
    assertEquals(new Change(back.version(), 4, false), catalog.publish("w", "1", ONE, null));
  }

  @Test
  void whatIsUnknownIsToldByName() {
    UnknownVersionException e =
        assertThrows(UnknownVersionException.class, () -> catalog.moveLatest("w", "9"));
    assertEquals("there is no version 9 of w", e.getMessage());
    assertThrows(UnknownVersionException.class, () -> catalog.delete("w", "9"));
    assertEquals(Optional.empty(), catalog.latest("w"));
    assertEquals(Optional.empty(), catalog.version("w", "9"));
    assertEquals(0, catalog.head());
    assertEquals(List.of(), catalog.updates(0, 10));
  }

  @Test
  void everythingIsThereAfterAReopen() {
    catalog.publish("w", "1", ONE, null);
    Change two = catalog.publish("w", "2", TWO, null);
    catalog.delete("w", "1");
    List<Update> updates = catalog.updates(0, 10);
    catalog.close();

    catalog = DataDirectory.openCatalog(directory);
    assertEquals(Optional.of(two.version()), catalog.latest("w"));
    assertEquals(updates, catalog.updates(0, 10));
    assertEquals(4, catalog.publish("w", "3", ONE, null).revision());
    assertThrows(VersionConflictException.class, () -> catalog.publish("w", "1", TWO, null));
  }

  @Test
  void updatesComeInOrderFromWhereOneIs() {
    for (int i = 1; i <= 5; i++) {
      catalog.publish("w" + i, "1", ONE, null);
    }
    assertEquals(List.of(3L, 4L), revisions(catalog.updates(2, 2)));
    assertEquals(List.of(5L), revisions(catalog.updates(4, 100)));
    assertEquals(List.of(), catalog.updates(5, 100));
    assertEquals(List.of(), catalog.updates(99, 100));
    assertThrows(IllegalArgumentException.class, () -> catalog.updates(0, 0));
  }

  @Test
  void updatesOfAWorkerAreCountedBetweenRevisions() {
    catalog.publish("w", "1", ONE, null);
    catalog.publish("other", "1", ONE, null);
    catalog.publish("w", "2", TWO, null);
    catalog.moveLatest("w", "1");
    catalog.delete("w", "2");
    List<Span> spans =
        List.of(
            new Span("w", 0, 5),
            new Span("w", 1, 4),
            new Span("w", 4, 4),
            new Span("other", 0, 5),
            new Span("unknown", 0, 5));
    assertEquals(List.of(4, 2, 0, 1, 0), catalog.counts(spans, 10));
    assertEquals(List.of(3, 2, 0, 1, 0), catalog.counts(spans, 3));
    assertEquals(List.of(), catalog.counts(List.of(), 3));
    catalog.compact(3);
    assertEquals(List.of(3), catalog.counts(List.of(new Span("w", 0, 5)), 10));
  }

  @Test
  void aClosedCatalogSaysSo() {
    catalog.close();
    assertTrue(
        assertThrows(CatalogException.class, () -> catalog.publish("w", "1", ONE, null))
            .getMessage()
            .endsWith("catalog.db is closed"));
    assertThrows(CatalogException.class, () -> catalog.latest("w"));
    assertThrows(CatalogException.class, catalog::check);
  }

  @Test
  void checkPassesOnACatalogThatWorks() {
    catalog.check();
    assertNull(catalog.versions("w", 1, null).next());
  }

  private static List<Long> revisions(List<Update> updates) {
    return updates.stream().map(Update::revision).toList();
  }
}
