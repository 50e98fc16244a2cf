package dev.controlplane.grpc.push;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.catalog.CompactedException;
import dev.controlplane.catalog.Consumers.Rejection;
import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.Update;
import dev.controlplane.grpc.Await;
import dev.controlplane.grpc.Blobs;
import dev.controlplane.grpc.MemoryLog;
import dev.controlplane.grpc.log.LogEntry;
import dev.controlplane.grpc.log.OfferedRevisions;
import dev.controlplane.grpc.log.UpdateEncoder;
import dev.controlplane.grpc.log.UpdateLog;
import dev.controlplane.server.Bound;
import dev.controlplane.server.EventLog;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.service.registry.Services;
import java.io.OutputStream;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A subscription as a cursor over the log, its queue made as small as it takes to fall behind. */
@Timeout(60)
class SubscriptionTest {
  private static final Set<String> ALL = Set.of();
  private static final long MAX_LAG = 1_000_000;

  private final MemoryLog catalog = new MemoryLog();
  private final EventLog events =
      new EventLog("test", OutputStream.nullOutputStream(), Clock.systemUTC());
  private UpdateLog log = newLog(catalog.log());
  private final Subscriptions subscriptions =
      new Subscriptions(new Bound("streams are open", "grpc-max-streams", 100));
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private LogTail tail;

  @AfterEach
  void stop() {
    subscriptions.all().forEach(s -> s.end(SubscriptionEnd.STOPPING));
    threads.shutdownNow();
    if (tail != null) {
      tail.close();
    }
  }

  private UpdateLog newLog(LogState found) {
    UpdateEncoder encoder = new UpdateEncoder(new Blobs(0), 0, false, events);
    return new UpdateLog(catalog, encoder, new UpdateLog.Limits(64, 1 << 20, 4, 1 << 20), found);
  }

  private void follow() {
    tail =
        new LogTail(
            catalog,
            this::newLog,
            subscriptions,
            new PushMetrics(Services.get(MeterRegistry.class)),
            Duration.ofMillis(1),
            events);
    log = tail.followed();
  }

  /** Waits until the tail follows another log than the test did. */
  private void followAnother() throws InterruptedException {
    Await.until(
        Duration.ofSeconds(30),
        () -> "the tail follows no other log",
        () -> tail.followed() != null && tail.followed() != log);
    log = tail.followed();
  }

  private Subscription subscribe(Set<String> workers, int queueSize) {
    Subscription subscription = subscription(workers, queueSize);
    subscriptions.add(subscription);
    subscription.startNow();
    return subscription;
  }

  private Subscription subscription(Set<String> workers, int queueSize) {
    return new Subscription(options(workers, false), log, log, queueSize, MAX_LAG);
  }

  private static SubscribeOptions options(Set<String> workers, boolean latest) {
    return new SubscribeOptions("c", workers, "", false, latest, false, false);
  }

  private static LogEntry next(Subscription subscription) throws InterruptedException {
    return subscription.next(Subscription.NEVER);
  }

  private static List<Long> take(Subscription subscription, int count) throws Exception {
    List<Long> revisions = new ArrayList<>();
    while (revisions.size() < count) {
      revisions.add(next(subscription).revision());
    }
    return revisions;
  }

  private void awaitTail() throws InterruptedException {
    BlockingQueue<Boolean> never = new ArrayBlockingQueue<>(1);
    while (tail.revision() < catalog.head()) {
      assertNull(never.poll(1, TimeUnit.MILLISECONDS));
    }
  }

  private static List<Long> range(long from, long to) {
    return java.util.stream.LongStream.rangeClosed(from, to).boxed().toList();
  }

  @Test
  void anUpdateIsDeliveredOnceItIsSentAndWhatIsNotWantedAtOnce() throws Exception {
    catalog.append(3, "a");
    follow();
    Subscription subscription = subscribe(Set.of("a"), 10);
    assertEquals(3, subscription.at().delivered());
    catalog.append(1, "a");
    assertEquals(4, next(subscription).revision());
    assertEquals(3, subscription.at().delivered(), "while update 4 is on its way");
    subscription.at().sentUpTo(4);
    assertEquals(4, subscription.at().delivered());
    catalog.append(2, "b");
    awaitTail();
    assertNull(subscription.next(System.nanoTime()));
    assertEquals(6, subscription.at().delivered());
    assertEquals(4, subscription.sent());
  }

  @Test
  void startsAtTheEndOfTheLog() throws Exception {
    catalog.append(3, "a");
    follow();
    Subscription subscription = subscribe(ALL, 10);
    catalog.append(2, "a");
    assertEquals(List.of(4L, 5L), take(subscription, 2));
  }

  @Test
  void whatTheLogHadBeforeTheStartDoesNotComeThoughTheTailHasNotSeenItYet() throws Exception {
    follow();
    catalog.broken(true);
    Subscription subscription = subscription(ALL, 10);
    subscriptions.add(subscription);
    catalog.broken(false);
    catalog.append(5, "a");
    subscription.startNow();
    catalog.append(1, "a");
    assertEquals(List.of(6L), take(subscription, 1));
  }

  @Test
  void aFullQueueCostsNoUpdateAndNoOrder() throws Exception {
    follow();
    Subscription subscription = subscribe(ALL, 2);
    catalog.append(500, "a");
    awaitTail();
    assertTrue(subscription.behind());
    assertEquals(2, subscription.waiting());
    assertEquals(range(1, 500), take(subscription, 500));
    catalog.append(1, "a");
    assertEquals(List.of(501L), take(subscription, 1), "it goes back to its queue");
  }

  @Test
  void whoIsBehindSeesOnlyWhatItWants() throws Exception {
    follow();
    Subscription subscription = subscribe(Set.of("b"), 1);
    catalog.append(100, "a", "b");
    awaitTail();
    List<Long> even = range(1, 50).stream().map(n -> 2 * n).toList();
    assertEquals(even, take(subscription, 50));
  }

  /** Handlers of all speeds, tiny queues, some who join late: what each gets is checked whole. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void everyUpdateComesOnceAndInOrderToHandlersOfAnySpeed(long seed) throws Exception {
    String[] workers = {"a", "b", "c", "d", "e"};
    int total = 4_000;
    int many = 24;
    follow();
    Random random = new Random(seed);
    CountDownLatch started = new CountDownLatch(many);
    List<Future<String>> handlers = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      Set<String> wants =
          switch (i % 3) {
            case 0 -> ALL;
            case 1 -> Set.of("a", "e");
            default -> Set.of("c", "no such worker");
          };
      long last = i % 3 == 2 ? total - 2 : total;
      int queueSize = 1 + random.nextInt(4);
      Random pace = new Random(random.nextLong());
      handlers.add(threads.submit(() -> handle(wants, queueSize, pace, last, started)));
      catalog.append(total / many / 2, workers);
    }
    while (catalog.head() < total - workers.length) {
      catalog.append(workers[random.nextInt(workers.length)]);
      tail.hint(catalog.head());
      pauseSometimes(random, 50);
    }
    assertTrue(started.await(30, TimeUnit.SECONDS));
    catalog.append(workers.length, workers);
    for (Future<String> handler : handlers) {
      assertEquals("as it should be", handler.get(), "seed " + seed);
    }
  }

  private static void pauseSometimes(Random random, int haste) {
    if (random.nextInt(haste) == 0) {
      LockSupport.parkNanos(1_000);
    }
  }

  /** What a handler does, and what was wrong with what it got up to {@code last}. */
  private String handle(
      Set<String> wants, int queueSize, Random pace, long last, CountDownLatch started)
      throws InterruptedException {
    int haste = 1 + pace.nextInt(200);
    long before = catalog.head();
    Subscription subscription = subscribe(wants, queueSize);
    long after = catalog.head();
    started.countDown();
    List<Long> got = new ArrayList<>();
    do {
      got.add(next(subscription).revision());
      pauseSometimes(pace, haste);
    } while (got.getLast() < last);
    List<Long> atMost = wanted(wants, before);
    List<Long> atLeast = wanted(wants, after);
    boolean right =
        got.size() >= atLeast.size()
            && got.size() <= atMost.size()
            && got.equals(atMost.subList(atMost.size() - got.size(), atMost.size()));
    return right
        ? "as it should be"
        : "start from %d to %d, queue %d: got %s".formatted(before, after, queueSize, got);
  }

  private List<Long> wanted(Set<String> wants, long above) {
    return catalog.updates(above, Integer.MAX_VALUE).stream()
        .filter(update -> wants.isEmpty() || wants.contains(update.worker()))
        .map(Update::revision)
        .toList();
  }

  /** The tail moves on at the very moment when the handler asks where it is. */
  @Test
  void anUpdateOfferedWhileTheHandlerTakesItsGoalIsNotLost() throws Exception {
    Subscription[] subscription = new Subscription[1];
    long[] revision = {0};
    boolean[] moves = {false};
    OfferedRevisions racing =
        new OfferedRevisions() {
          @Override
          public long revision() {
            long asked = revision[0];
            if (moves[0]) {
              moves[0] = false;
              revision[0] = catalog.append("a");
              subscription[0].offer(log.at(revision[0]));
            }
            return asked;
          }

          @Override
          public long offered() {
            return 0;
          }
        };
    subscription[0] = new Subscription(options(ALL, false), log, racing, 1, MAX_LAG);
    subscription[0].startNow();
    for (int i = 0; i < 3; i++) {
      revision[0] = catalog.append("a");
      subscription[0].offer(log.at(revision[0]));
    }
    moves[0] = true;
    assertEquals(range(1, 4), take(subscription[0], 4));
  }

  /** The handler empties the queue and goes to sleep between the failed offer and what follows. */
  @Test
  void aHandlerThatWentToSleepWhileItFellBehindIsWoken() throws Exception {
    long[] revision = {0};
    Thread[] handler = new Thread[1];
    BlockingQueue<LogEntry> queue =
        new ArrayBlockingQueue<>(1) {
          private static final long serialVersionUID = 1L;

          @Override
          public boolean offer(LogEntry update) {
            boolean room = super.offer(update);
            if (!room && handler[0].getState() == Thread.State.NEW) {
              handler[0].start();
              while (handler[0].getState() != Thread.State.WAITING || !isEmpty()) {
                LockSupport.parkNanos(1_000);
              }
            }
            return room;
          }
        };
    OfferedRevisions tailOf =
        new OfferedRevisions() {
          @Override
          public long revision() {
            return revision[0];
          }

          @Override
          public long offered() {
            return 0;
          }
        };
    Subscription subscription = new Subscription(options(ALL, false), log, tailOf, queue, MAX_LAG);
    subscription.startNow();
    CompletableFuture<List<Long>> got = new CompletableFuture<>();
    handler[0] =
        Thread.ofPlatform()
            .daemon()
            .unstarted(
                () -> {
                  try {
                    got.complete(take(subscription, 2));
                  } catch (Exception e) {
                    got.completeExceptionally(e);
                  }
                });
    for (int i = 0; i < 2; i++) {
      revision[0] = catalog.append("a");
      subscription.offer(log.at(revision[0]));
    }
    assertEquals(List.of(1L, 2L), got.get(10, TimeUnit.SECONDS));
  }

  @Test
  void anUnreadableLogDelaysWhoIsBehindAndLosesNothing() throws Exception {
    follow();
    Subscription subscription = subscribe(ALL, 1);
    catalog.append(300, "a");
    awaitTail();
    catalog.broken(true);
    Future<List<Long>> got = threads.submit(() -> take(subscription, 301));
    BlockingQueue<Boolean> never = new ArrayBlockingQueue<>(1);
    while (subscription.waiting() > 0) {
      assertNull(never.poll(1, TimeUnit.MILLISECONDS));
    }
    catalog.broken(false);
    catalog.append(1, "a");
    assertEquals(range(1, 301), got.get());
  }

  @Test
  void theEndReachesAHandlerThatWaits() throws Exception {
    follow();
    Subscription subscription = subscribe(ALL, 1);
    Future<LogEntry> next = threads.submit(() -> next(subscription));
    subscription.end(SubscriptionEnd.GONE);
    assertNull(next.get());
    assertEquals(SubscriptionEnd.GONE, subscription.ended());
  }

  @Test
  void theEndReachesAHandlerWhoseQueueIsFullAndTheFirstReasonCounts() throws Exception {
    follow();
    Subscription subscription = subscribe(ALL, 1);
    catalog.append(10, "a");
    awaitTail();
    subscription.end(SubscriptionEnd.STOPPING);
    subscription.end(SubscriptionEnd.GONE);
    assertNull(next(subscription));
    assertEquals(SubscriptionEnd.STOPPING, subscription.ended());
  }

  @Test
  void aThousandWhoAreBehindReadThePagesOfTheLogOnce() throws Exception {
    follow();
    List<Subscription> many = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      many.add(subscribe(ALL, 1));
    }
    catalog.append(60, "a");
    awaitTail();
    long reads = catalog.reads();
    for (Subscription one : many) {
      assertEquals(range(1, 60), take(one, 60));
    }
    assertEquals(reads, catalog.reads(), "all of it was in the window");
  }

  @Test
  void aLogThatWasReplacedEndsTheSubscriptions() throws Exception {
    catalog.append(10, "a");
    follow();
    Subscription subscription = subscribe(ALL, 1);
    catalog.truncate();
    assertNull(next(subscription));
    assertEquals(SubscriptionEnd.LOG_REPLACED, subscription.ended());
    followAnother();
    Subscription anew = subscribe(ALL, 10);
    catalog.append(1, "a");
    assertEquals(List.of(1L), take(anew, 1));
  }

  @Test
  void aLogOfAnotherEpochEndsTheSubscriptionsAtOnce() throws Exception {
    catalog.append(10, "a");
    follow();
    Subscription subscription = subscribe(ALL, 1);
    catalog.nextEpoch();
    assertNull(next(subscription));
    assertEquals(SubscriptionEnd.LOG_REPLACED, subscription.ended());
    followAnother();
    assertEquals(2, log.found().epoch());
  }

  @Test
  void whoStartsFarBackGetsEverythingFromThere() throws Exception {
    catalog.append(1000, "a");
    follow();
    Subscription subscription = subscription(ALL, 3);
    subscriptions.add(subscription);
    subscription.startAfter(10);
    catalog.append(50, "a");
    assertEquals(range(11, 1050), take(subscription, 1040));
  }

  /** Two turns for many: each gets all, and none of what it gets depends on the others' pace. */
  @Test
  void manyWhoAreFarBehindTakeTurnsAndEachGetsEverything() throws Exception {
    catalog.append(3000, "a");
    follow();
    List<Future<List<Long>>> all = new ArrayList<>();
    Random random = new Random(7);
    List<Integer> starts = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      int start = random.nextInt(2500);
      starts.add(start);
      Subscription one = subscription(ALL, 3);
      subscriptions.add(one);
      one.startAfter(start);
      all.add(threads.submit(() -> take(one, 3050 - start)));
    }
    catalog.append(50, "a");
    for (int i = 0; i < all.size(); i++) {
      assertEquals(range(starts.get(i) + 1, 3050), all.get(i).get());
    }
    assertEquals(0, log.turns().waiting());
  }

  /** An idle moment moves the position past what others want, and never past what is still due. */
  @Test
  void thePositionAfterATimeoutHasEverythingWantedBehindIt() throws Exception {
    follow();
    Subscription subscription = subscribe(Set.of("b"), 2);
    Future<?> writer =
        threads.submit(
            () -> {
              for (int i = 0; i < 3000; i++) {
                catalog.append(i % 7 == 0 ? "b" : "a");
                tail.hint(catalog.head());
              }
            });
    long given = 0;
    while (!writer.isDone() || subscription.position() < 3000) {
      LogEntry update = subscription.next(System.nanoTime());
      if (update == null) {
        given = subscription.position();
      } else {
        assertTrue(update.revision() > given, update.revision() + " after settling at " + given);
      }
    }
    assertEquals(3000, subscription.position());
  }

  @Test
  void theLatestAloneSkipsWhatALaterUpdateOfTheWorkerHasReplaced() throws Exception {
    follow();
    Subscription subscription = new Subscription(options(ALL, true), log, log, 2, MAX_LAG);
    subscriptions.add(subscription);
    subscription.startNow();
    catalog.append(100, "a", "b");
    awaitTail();
    assertEquals(List.of(99L, 100L), take(subscription, 2));
    catalog.append("c");
    assertEquals(List.of(101L), take(subscription, 1));
  }

  @Test
  void theDeletionOfAnOldVersionHidesNoPublish() throws Exception {
    follow();
    Subscription subscription = new Subscription(options(ALL, true), log, log, 10, MAX_LAG);
    subscriptions.add(subscription);
    subscription.startNow();
    catalog.append(2, "a");
    catalog.deleteOld("a");
    awaitTail();
    assertEquals(List.of(2L, 3L), take(subscription, 2));
  }

  @Test
  void whatAConsumerRejectedComesAgainOnlyWithALaterUpdate() throws Exception {
    catalog.append(5, "a", "b");
    follow();
    Subscription subscription = subscription(ALL, 10);
    subscriptions.add(subscription);
    subscription.interest().rejected("a", new Rejection("v3", 3));
    subscription.startAfter(0);
    assertEquals(List.of(1L, 2L, 4L, 5L), take(subscription, 4));
    catalog.rollBack("a", "v3");
    assertEquals(List.of(6L), take(subscription, 1));
  }

  @Test
  void whoFallsTooFarBehindIsEndedAndWhoComesFromFarIsNot() throws Exception {
    catalog.append(100, "a");
    follow();
    Subscription slow = new Subscription(options(ALL, false), log, log, 1, 20);
    subscriptions.add(slow);
    slow.startNow();
    Subscription far = new Subscription(options(ALL, false), log, log, 1, 20);
    subscriptions.add(far);
    far.startAfter(0);
    catalog.append(50, "a");
    awaitTail();
    assertEquals(range(1, 150), take(far, 150));
    assertEquals(List.of(101L), take(slow, 1));
    assertNull(next(slow));
    assertEquals(SubscriptionEnd.LAGGING, slow.ended());
  }

  @Test
  void whatWasCutFromTheLogIsToldAndNotWaitedFor() throws Exception {
    catalog.append(100, "a");
    follow();
    Subscription subscription = subscription(ALL, 1);
    subscriptions.add(subscription);
    subscription.startAfter(10);
    catalog.compact(50);
    assertThrows(CompactedException.class, () -> next(subscription));
    subscription.startAfter(50);
    assertEquals(range(51, 100), take(subscription, 50));
  }

  @Test
  void placesAreGivenOutExactlyUnderRaces() throws Exception {
    Subscriptions hundred =
        new Subscriptions(new Bound("streams are open", "grpc-max-streams", 100));
    List<Future<Boolean>> entered = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      entered.add(threads.submit(hundred::enter));
    }
    int places = 0;
    for (Future<Boolean> one : entered) {
      places += one.get() ? 1 : 0;
    }
    assertEquals(100, places);
    hundred.leave();
    assertTrue(hundred.enter());
  }
}
