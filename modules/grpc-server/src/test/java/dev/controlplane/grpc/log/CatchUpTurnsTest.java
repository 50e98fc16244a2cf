package dev.controlplane.grpc.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.grpc.Await;
import java.time.Duration;
import java.util.ArrayList;
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
  private final CatchUpTurns turns = new CatchUpTurns(2);

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private CatchUpTurns.Turn take() throws InterruptedException {
    return turns.take(() -> false);
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
  void atMostSoManyHaveATurnAndAllGetOneInTheOrderInWhichTheyCame() throws Exception {
    List<CatchUpTurns.Turn> first = List.of(take(), take());
    List<Integer> order = java.util.Collections.synchronizedList(new ArrayList<>());
    List<Future<?>> waiting = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      int number = i;
      waiting.add(
          threads.submit(
              () -> {
                CatchUpTurns.Turn turn = take();
                order.add(number);
                turns.end(turn);
                return null;
              }));
      Await.until(
          Duration.ofSeconds(10),
          () -> number + " does not wait",
          () -> turns.waiting() > 0 || waiting.stream().allMatch(Future::isDone));
    }
    first.forEach(turns::end);
    for (Future<?> one : waiting) {
      one.get();
    }
    assertEquals(20, order.size());
    assertEquals(0, turns.waiting());
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
    assertNull(turns.take(over::get));
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
