package dev.controlplane.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.catalog.Catalog.Change;
import dev.controlplane.catalog.failures.VersionConflictException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many at once. */
@Timeout(180)
class ConcurrencyTest {
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
  void equalPublishesOfOneVersionAreOneUpdate() throws Exception {
    StoredBlob blob = Blobs.of("bytes");
    List<Change> changes = new ArrayList<>();
    for (Future<Change> change : atOnce(50, i -> catalog.publish("w", "1", blob, null))) {
      changes.add(change.get());
    }
    assertEquals(1, changes.stream().filter(Change::changed).count());
    assertTrue(changes.stream().allMatch(change -> change.revision() == 1));
    assertEquals(1, catalog.head());
  }

  @Test
  void differentPublishesOfOneVersionHaveOneWinner() throws Exception {
    List<Change> winners = new ArrayList<>();
    int conflicts = 0;
    for (Future<Change> change :
        atOnce(50, i -> catalog.publish("w", "1", Blobs.of("bytes" + i % 5), null))) {
      try {
        winners.add(change.get());
      } catch (ExecutionException e) {
        assertTrue(e.getCause() instanceof VersionConflictException, e.toString());
        conflicts++;
      }
    }
    // All who brought the winner's bytes are told so.
    assertEquals(40, conflicts);
    assertEquals(10, winners.size());
    assertEquals(1, winners.stream().filter(Change::changed).count());
    Version stored = catalog.version("w", "1").orElseThrow();
    assertTrue(winners.stream().allMatch(change -> change.version().equals(stored)));
    assertEquals(1, catalog.head());
  }

  @Test
  void revisionsOfConcurrentPublishesHaveNoGapAndAreReadAtOnce() throws Exception {
    int publishes = 1000;
    StoredBlob blob = Blobs.of("bytes");
    Set<Long> revisions = new HashSet<>();
    for (Future<Change> change :
        atOnce(
            publishes,
            i -> {
              Change one = catalog.publish("w" + i % 10, "" + i, blob, null);
              assertEquals(one.version(), catalog.version("w" + i % 10, "" + i).orElseThrow());
              assertTrue(catalog.head() >= one.revision());
              assertFalse(catalog.updates(one.revision() - 1, 1).isEmpty());
              return one;
            })) {
      revisions.add(change.get().revision());
    }
    assertEquals(publishes, revisions.size());
    assertEquals(publishes, catalog.head());
    List<Update> log = catalog.updates(0, publishes + 1);
    for (int i = 0; i < publishes; i++) {
      assertEquals(i + 1, log.get(i).revision());
    }
  }

  @FunctionalInterface
  private interface Numbered {
    Change call(int i);
  }

  private static List<Future<Change>> atOnce(int callers, Numbered call) throws Exception {
    CyclicBarrier start = new CyclicBarrier(callers);
    List<Callable<Change>> calls = new ArrayList<>();
    for (int i = 0; i < callers; i++) {
      int number = i;
      calls.add(
          () -> {
            start.await();
            return call.call(number);
          });
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      return threads.invokeAll(calls);
    }
  }
}
