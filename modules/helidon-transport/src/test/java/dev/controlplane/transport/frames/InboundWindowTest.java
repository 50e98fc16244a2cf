package dev.controlplane.transport.frames;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.transport.Lab;
import dev.controlplane.transport.RawClient;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class InboundWindowTest {
  /** What Helidon holds back of its window of 1 MiB before it gives back all at once. */
  private static final long HELD_BACK_BY_HELIDON = 512 << 10;

  /** Ours. */
  private static final long HELD_BACK = 32 << 10;

  private static final int CALLS = 60;
  private static final int SIZE = 8000;

  @Test
  void plainHelidonGivesBackMoreOrLessThanCameIn() throws Exception {
    try (Lab lab = Lab.plain();
        RawClient client = RawClient.to(lab.port())) {
      AtomicLong missing = new AtomicLong();
      for (int round = 0; round < 500; round++) {
        long held = notGivenBack(client, round, missing);
        if (held < 0 || held > HELD_BACK_BY_HELIDON + SIZE) {
          return;
        }
      }
      throw new AssertionError("all was given back but for " + missing);
    }
  }

  @Test
  void theWindowIsGivenBackToTheLastByte() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      AtomicLong missing = new AtomicLong();
      for (int round = 0; round < 100; round++) {
        long held = notGivenBack(client, round, missing);
        assertTrue(held >= 0 && held < HELD_BACK, () -> "held back: " + held);
      }
    }
  }

  @Test
  void whatCameInIsGivenBackInLargeParts() {
    InboundWindow window = new InboundWindow();
    assertEquals(0, window.received(32_767));
    assertEquals(32_768, window.received(1));
    assertEquals(0, window.received(0));
    assertEquals(40_000, window.received(40_000));
  }

  /** Calls in parallel; returns what the server holds back when all are answered. */
  private static long notGivenBack(RawClient client, int round, AtomicLong missing)
      throws InterruptedException {
    int first = 1 + 2 * CALLS * round;
    for (int i = 0; i < CALLS; i++) {
      client.headers(first + 2 * i, "/lab.Lab/Count", false);
      client.message(first + 2 * i, new byte[SIZE], true);
      missing.addAndGet(SIZE + 5);
    }
    for (int answered = 0; answered < CALLS; ) {
      RawClient.Frame frame = client.await("an answer", f -> f.type() != Frames.DATA);
      if (frame.type() == Frames.WINDOW_UPDATE && frame.streamId() == 0) {
        int back = Frames.int32(frame.payload(), 0);
        // The first makes the window of 64 KiB one of 1 MiB.
        missing.addAndGet(back == (1 << 20) - Frames.DEFAULT_WINDOW ? 0 : -back);
      } else if (frame.type() == Frames.HEADERS && frame.endStream()) {
        answered++;
      }
    }
    client.windowUpdate(0, 5 * CALLS);
    return missing.get();
  }
}
