package dev.controlplane.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lists come in pages, in order, without an empty last one. */
class PagingTest {
  private static final StoredBlob BLOB = Blobs.of("bytes");

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

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 9, 10, 11, 1000})
  void versionsComeNewestFirstWhateverThePage(int limit) {
    for (int i = 1; i <= 10; i++) {
      catalog.publish("w", "v" + i, BLOB, null);
      catalog.publish("another", "v" + i, BLOB, null);
    }
    List<String> all = new ArrayList<>();
    String after = null;
    int pages = 0;
    do {
      Page<Version> page = catalog.versions("w", limit, after);
      page.items().forEach(version -> all.add(version.version()));
      after = page.next();
      pages++;
    } while (after != null);
    assertEquals(IntStream.rangeClosed(1, 10).mapToObj(i -> "v" + (11 - i)).toList(), all);
    assertEquals((10 + limit - 1) / limit, pages);
  }

  @Test
  void whatIsPublishedWhileOneReadsShiftsNoPage() {
    for (int i = 1; i <= 4; i++) {
      catalog.publish("w", "v" + i, BLOB, null);
    }
    Page<Version> first = catalog.versions("w", 2, null);
    catalog.publish("w", "v5", BLOB, null);
    catalog.delete("w", "v3");
    catalog.delete("w", "v2");
    Page<Version> second = catalog.versions("w", 2, first.next());
    assertEquals(List.of("v1"), second.items().stream().map(Version::version).toList());
    assertNull(second.next());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 6, 7, 8})
  void workersComeInTheOrderOfTheirBytes(int limit) {
    // In UTF-16 the rocket, a surrogate pair, would come before the private character.
    List<String> ordered = List.of("B", "a", "a b", "a.js", "é", "\ue000", "🚀");
    for (String worker : ordered.reversed()) {
      catalog.publish(worker, "1", BLOB, null);
      catalog.publish(worker, "2", BLOB, null);
    }
    List<String> all = new ArrayList<>();
    String after = null;
    int pages = 0;
    do {
      Page<Version> page = catalog.latestOfAll(limit, after);
      for (Version version : page.items()) {
        assertEquals("2", version.version());
        all.add(version.worker());
      }
      after = page.next();
      pages++;
    } while (after != null);
    assertEquals(ordered, all);
    assertEquals((7 + limit - 1) / limit, pages);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0",
        "1",
        "r",
        "r0",
        "r-1",
        "r01",
        "r+1",
        "r9999999999999999999",
        "n",
        "nYQ==",
        "n!",
        "nLw",
        "nnn",
        "r1 ",
        "x1"
      })
  void whatNoPageGaveIsRefused(String after) {
    catalog.publish("w", "1", BLOB, null);
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> catalog.versions("w", 10, after));
    assertTrue(
        e.getMessage().endsWith("expected the \"next\" of an earlier page of this listing"),
        e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> catalog.latestOfAll(10, after));
  }

  @Test
  void aCursorOfTheOtherListingIsRefused() {
    for (String worker : List.of("v", "w")) {
      catalog.publish(worker, "1", BLOB, null);
      catalog.publish(worker, "2", BLOB, null);
    }
    String versions = catalog.versions("w", 1, null).next();
    String workers = catalog.latestOfAll(1, null).next();
    assertNotNull(versions);
    assertNotNull(workers);
    assertThrows(IllegalArgumentException.class, () -> catalog.latestOfAll(1, versions));
    assertThrows(IllegalArgumentException.class, () -> catalog.versions("w", 1, workers));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
  void aLimitBelowOneIsRefused(int limit) {
    assertThrows(IllegalArgumentException.class, () -> catalog.versions("w", limit, null));
    assertThrows(IllegalArgumentException.class, () -> catalog.latestOfAll(limit, null));
    assertThrows(IllegalArgumentException.class, () -> catalog.updates(0, limit));
  }
}
