package dev.controlplane.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class BoundTest {
  private final Bound bound = new Bound("uploads are on their way", "max-uploads", 2);

  @Test
  void asManyAsTheLimitGetInAndOneMoreIsRefusedAndCounted() {
    assertTrue(bound.enter());
    assertEquals(1, bound.inUse());
    assertTrue(bound.enter());
    assertEquals(0, bound.refusals());

    assertFalse(bound.enter());

    assertEquals(2, bound.inUse());
    assertEquals(1, bound.refusals());
    bound.leave();
    assertTrue(bound.enter());
  }

  @Test
  void aRefusalNamesTheSettingTheLimitAndWhatToDo() {
    assertEquals(
        "2 uploads are on their way, as many as MAX_UPLOADS allows; try again later",
        bound.refusal("try again later"));
  }

  @Test
  void noMoreThanTheLimitGetInHoweverTheyRace() throws InterruptedException {
    Bound raced = new Bound("streams are open", "grpc-max-streams", 100);
    AtomicInteger in = new AtomicInteger();
    CountDownLatch start = new CountDownLatch(1);
    Thread[] threads = new Thread[8];
    for (int i = 0; i < threads.length; i++) {
      threads[i] =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      start.await();
                    } catch (InterruptedException e) {
                      return;
                    }
                    for (int n = 0; n < 1000; n++) {
                      if (raced.enter()) {
                        in.incrementAndGet();
                      }
                    }
                  });
    }
    start.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(100, in.get());
    assertEquals(7900, raced.refusals());
  }

  @Test
  @Timeout(30)
  void whoWaitsForNoneGoesOnWhenTheLastLeaves() throws InterruptedException {
    assertTrue(bound.enter());
    Thread last = Thread.ofVirtual().start(bound::leave);

    bound.awaitNone(Duration.ofHours(1));

    assertEquals(0, bound.inUse());
    last.join();
  }
}
