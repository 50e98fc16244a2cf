package dev.controlplane.upload;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.controlplane.catalog.Catalog;
import dev.controlplane.catalog.DataDirectory;
import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.StoredBlob;
import dev.controlplane.server.EventLog;
import dev.controlplane.upload.Retention.Limits;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.service.registry.Services;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How far back the log reaches. */
class RetentionTest {
  private static final StoredBlob BLOB = new StoredBlob(new Digest("1".repeat(64)), 1);
  private static final Duration AGE = Duration.ofHours(1);

  @TempDir Path directory;
  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();
  private Catalog catalog;

  @BeforeEach
  void open() {
    catalog = DataDirectory.openCatalog(directory);
  }

  @AfterEach
  void close() {
    catalog.close();
  }

  private void publish(int count) {
    for (int i = 0; i < count; i++) {
      catalog.publish("w", String.valueOf(catalog.head() + 1), BLOB, null);
    }
  }

  private void enforce(Duration age, long count, Instant now) {
    new Retention(
            catalog,
            new Limits(age, count),
            new MaintenanceMetrics(Services.get(MeterRegistry.class), catalog),
            InstantSource.fixed(now),
            new EventLog("test", lines, Clock.systemUTC()))
        .enforce();
  }

  private String logged() {
    return lines.toString(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @CsvSource({"4, 0", "5, 0", "6, 1", "9, 4"})
  void asManyUpdatesAsMayStayStay(int updates, long compacted) {
    publish(updates);
    enforce(Duration.ZERO, 5, Instant.now());

    assertEquals(compacted, catalog.log().compacted());
    assertEquals(updates - compacted, catalog.updates(compacted, 100).size());
    assertEquals(compacted > 0, logged().contains("event=log-compacted"), logged());
  }

  @Test
  void whatIsOlderGoesAndWhatIsExactlyThatOldStays() {
    publish(1);
    Instant first = catalog.updates(0, 1).getFirst().committedAt();
    enforce(AGE, 0, first.plus(AGE).minusMillis(1));
    assertEquals(0, catalog.log().compacted());
    enforce(AGE, 0, first.plus(AGE));
    assertEquals(0, catalog.log().compacted());
    enforce(AGE, 0, first.plus(AGE).plusMillis(1));
    assertEquals(1, catalog.log().compacted());
  }

  @Test
  void whatIsYoungerThanTheAgeStays() {
    publish(3);
    Instant third = catalog.updates(2, 1).getFirst().committedAt();
    // As precise as commits are.
    UploadFixture.await(() -> Instant.now().isAfter(third.plusMillis(1)));
    publish(2);
    enforce(AGE, 0, third.plus(AGE).plusMillis(1));

    assertEquals(3, catalog.log().compacted());
    assertEquals(2, catalog.updates(3, 10).size());
  }

  @Test
  void eitherLimitAloneCuts() {
    publish(10);
    enforce(AGE, 7, Instant.now());
    assertEquals(3, catalog.log().compacted());
    enforce(AGE, 7, Instant.now().plus(AGE).plusSeconds(1));
    assertEquals(10, catalog.log().compacted());
  }

  @Test
  void withoutLimitsNothingGoes() {
    publish(10);
    enforce(Duration.ZERO, 0, Instant.now().plus(Duration.ofDays(10_000)));
    assertEquals(0, catalog.log().compacted());
    assertEquals("", logged());
  }

  @Test
  void theNewestUpdateOfAWorkerNeverGoes() {
    catalog.publish("old", "1", BLOB, null);
    publish(20);
    enforce(AGE, 1, Instant.now().plus(AGE).plusSeconds(1));

    assertEquals(21, catalog.log().compacted());
    assertEquals(
        List.of(1L, 21L),
        catalog.snapshot(21, List.of("old", "w")).stream().map(u -> u.revision()).toList());
    assertEquals(22, catalog.publish("old", "2", BLOB, null).revision());
  }

  @Test
  void aLongLogIsCutInSteps() throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 500; t++) {
      String worker = "w" + t;
      threads.add(
          Thread.startVirtualThread(
              () -> {
                for (int i = 0; i < 21; i++) {
                  catalog.publish(worker, "" + i, BLOB, null);
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(10_500, catalog.head());
    long before = catalog.status().requests();
    enforce(Duration.ZERO, 10, Instant.now());
    assertEquals(10_490, catalog.log().compacted());
    assertEquals(before + 2, catalog.status().requests());
  }
}
