package dev.controlplane.grpc.push;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.catalog.CompactedException;
import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.grpc.Await;
import dev.controlplane.grpc.Blobs;
import dev.controlplane.grpc.MemoryLog;
import dev.controlplane.grpc.log.UpdateEncoder;
import dev.controlplane.grpc.log.UpdateLog;
import dev.controlplane.server.Bound;
import dev.controlplane.server.EventLog;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.service.registry.Services;
import java.io.OutputStream;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The transitions of the tail, as its table has them. */
@Timeout(60)
class LogTailTest {
  private final MemoryLog catalog = new MemoryLog();
  private final EventLog events =
      new EventLog("test", OutputStream.nullOutputStream(), Clock.systemUTC());
  private final Subscriptions subscriptions =
      new Subscriptions(new Bound("streams are open", "grpc-max-streams", 100));
  private LogTail tail;

  @AfterEach
  void stop() {
    if (tail != null) {
      tail.close();
    }
  }

  private void start() {
    tail =
        new LogTail(
            catalog,
            this::newLog,
            subscriptions,
            new PushMetrics(Services.get(MeterRegistry.class)),
            Duration.ofMillis(1),
            events);
  }

  private UpdateLog newLog(LogState found) {
    UpdateEncoder encoder = new UpdateEncoder(new Blobs(0), 0, false, events);
    return new UpdateLog(catalog, encoder, new UpdateLog.Limits(64, 1 << 20, 4, 1 << 20), found);
  }

  private Subscription subscribe() {
    UpdateLog log = tail.followed();
    SubscribeOptions options = new SubscribeOptions("c", Set.of(), "", false, false, false, false);
    Subscription subscription = new Subscription(options, log, log, 10, 1_000_000);
    subscriptions.add(subscription);
    subscription.startNow();
    return subscription;
  }

  private static long next(Subscription subscription) throws InterruptedException {
    return subscription.next(Subscription.NEVER).revision();
  }

  private void awaitLog() {
    Await.until(
        Duration.ofSeconds(30), () -> "the tail finds no log", () -> tail.followed() != null);
  }

  private void awaitNoLog() {
    Await.until(
        Duration.ofSeconds(30), () -> "the tail follows still", () -> tail.followed() == null);
  }

  private void awaitWell() {
    Await.until(
        Duration.ofSeconds(30),
        () -> "the tail is not well",
        () -> {
          try {
            tail.check();
            return true;
          } catch (RuntimeException e) {
            return false;
          }
        });
  }

  @Test
  void withoutACatalogThereIsNoLogAndItsCheckSaysWhy() {
    catalog.gone(true);
    start();
    assertNull(tail.followed());
    CatalogException e = assertThrows(CatalogException.class, tail::check);
    assertTrue(e.getMessage().contains("the disk is gone"), e.getMessage());
  }

  @Test
  void whatMetricsShowOfALogThatCannotBeReadIsNoException() {
    catalog.append("a");
    start();
    catalog.broken(true);
    assertEquals(0, new TailFigures(tail).lag());
  }

  @Test
  void aCatalogThatAppearsLateIsFollowedFromItsHead() throws Exception {
    catalog.append(10, "a");
    catalog.compact(8);
    catalog.gone(true);
    start();
    catalog.gone(false);
    awaitLog();
    awaitWell();
    Subscription subscription = subscribe();
    catalog.append("a");
    assertEquals(11, next(subscription));
  }

  @Test
  void aCatalogThatVanishesEndsTheStreamsAndOneThatIsBackIsFollowedFromItsHead() throws Exception {
    catalog.append(10, "a");
    start();
    UpdateLog before = tail.followed();
    Subscription subscription = subscribe();
    catalog.gone(true);
    assertNull(subscription.next(Subscription.NEVER));
    assertEquals(SubscriptionEnd.NO_LOG, subscription.ended());
    assertNull(tail.followed());
    catalog.append(5, "a");
    catalog.gone(false);
    awaitLog();
    assertNotSame(before, tail.followed());
    Subscription anew = subscribe();
    catalog.append("a");
    assertEquals(16, next(anew));
  }

  @Test
  void aCatalogThatCannotBeReadForAMomentEndsNothing() throws Exception {
    start();
    UpdateLog before = tail.followed();
    Subscription subscription = subscribe();
    catalog.fail(0);
    catalog.broken(true);
    catalog.append(5, "a");
    Await.until(
        Duration.ofSeconds(30), () -> "the failure is not noticed", () -> catalog.calls() > 1);
    catalog.broken(false);
    for (long revision = 1; revision <= 5; revision++) {
      assertEquals(revision, next(subscription));
    }
    assertSame(before, tail.followed());
    awaitWell();
  }

  @Test
  void aCatalogThatCannotBeReadForLongEndsTheStreams() throws Exception {
    start();
    Subscription subscription = subscribe();
    catalog.broken(true);
    assertNull(subscription.next(Subscription.NEVER));
    assertEquals(SubscriptionEnd.NO_LOG, subscription.ended());
    assertThrows(CatalogException.class, tail::check);
    catalog.broken(false);
    awaitLog();
    awaitWell();
  }

  @Test
  void aCutPastTheTailSendsEveryStreamToTheLogWhereItMeetsTheCut() throws Exception {
    catalog.append(10, "a");
    start();
    Subscription subscription = subscribe();
    catalog.broken(true);
    catalog.append(10, "a");
    catalog.compact(18);
    catalog.broken(false);
    assertThrows(CompactedException.class, () -> subscription.next(Subscription.NEVER));
    assertNull(subscription.ended());
    awaitWell();
    assertEquals(20, tail.revision());
    Subscription anew = subscribe();
    catalog.append("a");
    assertEquals(21, next(anew));
    subscription.startAfter(20);
    assertEquals(21, next(subscription));
  }

  @Test
  void aLogOfAnotherEpochEndsAllStreamsAtOnceAndIsFollowedFromItsHead() throws Exception {
    catalog.append(10, "a");
    start();
    UpdateLog before = tail.followed();
    Subscription subscription = subscribe();
    Subscription other = subscribe();
    catalog.nextEpoch();
    assertNull(subscription.next(Subscription.NEVER));
    assertNull(other.next(Subscription.NEVER));
    assertEquals(SubscriptionEnd.LOG_REPLACED, subscription.ended());
    assertEquals(SubscriptionEnd.LOG_REPLACED, other.ended());
    awaitLog();
    assertNotSame(before, tail.followed());
    assertEquals(2, tail.followed().found().epoch());
  }

  @Test
  void aLogThatBecameShorterEndsTheStreamsAndIsFollowedOnlyIfItStaysSo() throws Exception {
    catalog.append(10, "a");
    start();
    Subscription subscription = subscribe();
    catalog.truncate();
    catalog.append(4, "a");
    assertNull(subscription.next(Subscription.NEVER));
    assertEquals(SubscriptionEnd.LOG_REPLACED, subscription.ended());
    awaitNoLog();
    assertThrows(CatalogException.class, tail::check);
    awaitLog();
    assertEquals(4, tail.followed().found().head());
    awaitWell();
  }

  @Test
  void aLogWhoseFilesAreOnlyHalfBackIsNotTakenForAnother() {
    catalog.append(10, "a");
    start();
    catalog.gone(true);
    awaitNoLog();
    catalog.truncate();
    catalog.append(4, "a");
    catalog.gone(false);
    Await.until(
        Duration.ofSeconds(30),
        () -> "the shorter log is not noticed",
        () -> {
          CatalogException e = assertThrows(CatalogException.class, tail::check);
          return e.getMessage().contains("ends at revision 4");
        });
    assertNull(tail.followed());
    catalog.append(6, "a");
    awaitLog();
    assertEquals(10, tail.followed().found().head());
    assertEquals(1, tail.followed().found().epoch());
    assertNotNull(tail.followed());
  }
}
