package dev.controlplane.grpc.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.grpc.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CatchUpTurnsTest {
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private static final Duration LONG = Duration.ofMinutes(1);

  private final CatchUpTurns turns = new CatchUpTurns(2, revision -> false);

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private CatchUpTurns.Turn take() throws InterruptedException {
    return turns.take(() -> false, 0);
  }

  /**
   * Lets subscriptions wait one after the other while nothing is free, and returns the positions in
   * the order in which they then get their turns.
   */
  private List<Long> order(CatchUpTurns one, long... positions) throws Exception {
    CatchUpTurns.Turn held = one.take(() -> false, 0);
    List<Long> order = Collections.synchronizedList(new ArrayList<>());
    List<Future<?>> all = new ArrayList<>();
    for (long position : positions) {
      all.add(
          threads.submit(
              () -> {
                CatchUpTurns.Turn turn = one.take(() -> false, position);
                order.add(position);
                one.end(turn);
                return null;
              }));
      Await.until(
          Duration.ofSeconds(10), () -> position + " waits", () -> one.waiting() == all.size());
    }
    one.end(held);
    for (Future<?> finished : all) {
      finished.get();
    }
    assertEquals(0, one.waiting());
    assertEquals(0, one.inUse());
    return order;
  }

  private static long page(int number) {
    return (long) number * CatchUpTurns.BATCH;
  }

  @Test
  void whoseUpdatesAreInMemoryComesFirstAndThenWhoIsFurthestBehind() throws Exception {
    CatchUpTurns one = new CatchUpTurns(1, revision -> revision >= page(2), LONG, LONG);
    assertEquals(
        List.of(page(2) + 7, page(2) + 5, page(3), 1L, page(1)),
        order(one, page(1), page(2) + 7, page(3), page(2) + 5, 1));
  }

  @Test
  void everySecondTimeWhoHasWaitedForLongComesFirstWhateverIsInMemory() throws Exception {
    CatchUpTurns one = new CatchUpTurns(1, revision -> revision == page(2), LONG, Duration.ZERO);
    assertEquals(
        List.of(page(2), page(3), page(2), page(1), 0L),
        order(one, page(3), page(2), page(1), page(2), 0));
  }

  @Test
  void atMostSoManyHaveATurnAtTheSameTime() throws Exception {
    AtomicInteger most = new AtomicInteger();
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      all.add(
          threads.submit(
              () -> {
                CatchUpTurns.Turn turn = take();
                most.accumulateAndGet(turns.inUse(), Math::max);
                turns.end(turn);
                return null;
              }));
    }
    for (Future<?> one : all) {
      one.get();
    }
    assertTrue(most.get() <= 2, () -> most + " at the same time");
    assertEquals(0, turns.inUse());
  }

  @Test
  void aTurnIsGoodForOneBatchAndNotAnUpdateMore() throws Exception {
    CatchUpTurns.Turn turn = take();
    for (int i = 0; i < CatchUpTurns.BATCH; i++) {
      assertTrue(turn.use());
    }
    assertFalse(turn.use());
  }

  @Test
  void aTurnEndsWhereAPageOfTheLogEnds() throws Exception {
    CatchUpTurns.Turn turn = turns.take(() -> false, 2L * CatchUpTurns.BATCH - 3);
    for (int i = 0; i < 3; i++) {
      assertTrue(turn.use());
    }
    assertFalse(turn.use());
  }

  @Test
  void whoKeepsATurnForLongLosesItToOneThatWaits() throws Exception {
    CatchUpTurns.Turn slow = take();
    CatchUpTurns.Turn alsoSlow = take();
    assertNotNull(take());
    assertFalse(slow.use());
    assertNotNull(take());
    assertFalse(alsoSlow.use());
    turns.end(slow);
    turns.end(alsoSlow);
  }

  @Test
  void whoEndsWhileItWaitsLeavesTheLine() throws Exception {
    AtomicBoolean over = new AtomicBoolean(true);
    assertNull(turns.take(over::get, 0));
    assertEquals(0, turns.waiting());
  }

  @Test
  void hundredsWithSlowClientsAmongThemAllAdvance() throws Exception {
    AtomicInteger served = new AtomicInteger();
    CompletableFuture<Void> never = new CompletableFuture<>();
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      boolean stuck = i % 100 == 0;
      Future<?> one =
          threads.submit(
              () -> {
                CatchUpTurns.Turn turn = take();
                served.incrementAndGet();
                if (stuck) {
                  never.get();
                }
                turns.end(turn);
                return null;
              });
      if (!stuck) {
        all.add(one);
      }
    }
    for (Future<?> one : all) {
      one.get();
    }
    Await.until(Duration.ofSeconds(20), () -> "served " + served, () -> served.get() == 300);
  }
}
