package dev.controlplane.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.controlplane.transport.frames.Frames;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class InterruptedWriteTest {
  private static final int MESSAGES = 30;
  private static final int SIZE = 1 << 20;

  @Test
  void plainHelidonClosesTheConnectionOfAThreadThatIsInterrupted() throws Exception {
    Lab lab = Lab.plain();
    try (RawClient client = blocked(lab)) {
      lab.subscriptions.forEach(subscription -> subscription.thread.interrupt());
      client.startReading();
      assertThrows(AssertionError.class, () -> awaitAll(client));
    } finally {
      lab.close();
    }
  }

  @Test
  void anInterruptTearsNoMessageAndEndsNoStream() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = blocked(lab)) {
      lab.subscriptions.forEach(subscription -> subscription.thread.interrupt());
      client.startReading();
      awaitAll(client);
      client.await("trailers", f -> f.type() == Frames.HEADERS && f.endStream());
      assertEquals(MESSAGES * (SIZE + 5L), client.dataBytes.get());
    }
  }

  private static void awaitAll(RawClient client) throws InterruptedException {
    client.await(
        "all messages",
        f -> f.type() == Frames.DATA && client.dataBytes.get() == MESSAGES * (SIZE + 5L));
  }

  /** A stream that is sending, to a client that reads nothing from its socket. */
  private static RawClient blocked(Lab lab) {
    RawClient client = RawClient.connect(lab.port(), 4, Integer.MAX_VALUE);
    client.windowUpdate(0, Integer.MAX_VALUE - Frames.DEFAULT_WINDOW);
    client.call(1, "/lab.Lab/Flood", MESSAGES + " " + SIZE);
    lab.awaitSubscriptions(1);
    Await.until(
        "a sender that waits",
        Duration.ofSeconds(10),
        () -> lab.subscriptions.stream().anyMatch(s -> waitsToSend(s.thread)));
    return client;
  }

  private static boolean waitsToSend(Thread thread) {
    return (thread.getState() == Thread.State.WAITING
            || thread.getState() == Thread.State.TIMED_WAITING)
        && Arrays.stream(thread.getStackTrace())
            .anyMatch(
                frame ->
                    frame.getMethodName().equals("writeNow")
                        || frame.getMethodName().equals("awaitSent"));
  }
}
