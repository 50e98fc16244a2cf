package dev.controlplane.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.transport.frames.Frames;
import dev.controlplane.transport.grpc.GrpcStreams;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SilentPeerTest {
  private static final Duration KEEPALIVE = Duration.ofMillis(500);
  private static final Duration LONG = Duration.ofSeconds(30);

  @Test
  void plainHelidonKeepsTheStreamsOfAPeerThatAnswersNothing() {
    Lab lab = Lab.plain();
    try (RawClient client = RawClient.connect(lab.port())) {
      client.call(1, "/lab.Lab/Subscribe", "");
      lab.awaitSubscriptions(1);
      assertFalse(Await.comesTrue(KEEPALIVE.multipliedBy(4), lab.subscriptions::isEmpty));
    } finally {
      lab.close();
    }
  }

  /** The kernel answers for this client, as it does for a stopped process; nobody reads. */
  @Test
  void aPeerThatAnswersNothingIsGoneAfterTheKeepalive() {
    List<Thread> before = Threads.ofStreams();
    try (Lab lab = Lab.guarded(settings(KEEPALIVE, LONG));
        RawClient client = RawClient.connect(lab.port())) {
      client.call(1, "/lab.Lab/Subscribe", "");
      lab.awaitSubscriptions(1);
      Await.until("its handler ended", LONG, lab.subscriptions::isEmpty);
      Await.until("its thread ended", LONG, () -> before.containsAll(Threads.ofStreams()));
    }
  }

  @Test
  void aPeerThatGoesSilentUnderAWriteIsGoneAfterTheKeepalive() {
    List<Thread> before = Threads.ofStreams();
    try (Lab lab = Lab.guarded(settings(KEEPALIVE, LONG));
        RawClient client = RawClient.connect(lab.port(), 4, Integer.MAX_VALUE)) {
      client.windowUpdate(0, Integer.MAX_VALUE - Frames.DEFAULT_WINDOW);
      client.call(1, "/lab.Lab/Flood", "100000 100000");
      client.call(3, "/lab.Lab/Subscribe", "");
      lab.awaitSubscriptions(2);
      Await.until("its handlers ended", LONG, lab.subscriptions::isEmpty);
      Await.until("its threads ended", LONG, () -> before.containsAll(Threads.ofStreams()));
    }
  }

  @Test
  void aPeerThatAnswersPingsStays() throws Exception {
    Duration keepalive = Duration.ofSeconds(2);
    try (Lab lab = Lab.guarded(settings(keepalive, LONG));
        Client client = Client.to(lab.port())) {
      Client.Call call = client.subscribe();
      lab.awaitSubscriptions(1);
      assertEquals("still open", call.end(keepalive.multipliedBy(2)).getDescription());
      lab.broadcast("x");
      assertEquals(1, call.next().length);
    }
  }

  @Test
  void aPeerThatTalksButNeverReadsIsGoneAfterTheStallLimit() throws Exception {
    try (Lab lab = Lab.guarded(settings(LONG, KEEPALIVE));
        RawClient client = RawClient.connect(lab.port(), 4, Integer.MAX_VALUE);
        Client other = Client.to(lab.port())) {
      Client.Call call = other.subscribe();
      lab.awaitSubscriptions(1);
      client.windowUpdate(0, Integer.MAX_VALUE - Frames.DEFAULT_WINDOW);
      client.call(1, "/lab.Lab/Flood", "100000 100000");
      lab.awaitSubscriptions(2);
      Await.until(
          "its handler ended",
          LONG,
          () -> {
            client.trySend(Frames.ping(1));
            return lab.subscriptions.size() == 1;
          });
      // The connection is closed, not only the stream ended.
      Await.until("its connection closed", LONG, () -> !client.trySend(Frames.ping(1)));
      lab.broadcast("x");
      assertEquals(1, call.next().length);
    }
  }

  @Test
  void aPeerThatAsksAndReadsNoAnswerIsClosed() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.connect(lab.port())) {
      byte[] pings = new byte[1000 * 17];
      for (int i = 0; i < 1000; i++) {
        System.arraycopy(Frames.ping(i), 0, pings, i * 17, 17);
      }
      Await.until("its connection closed", LONG, () -> !client.trySend(pings));
    }
  }

  @Test
  void aStreamThatIsCancelledUnderAWriteEndsAtOnce() {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.connect(lab.port(), 4, Integer.MAX_VALUE)) {
      client.windowUpdate(0, Integer.MAX_VALUE - Frames.DEFAULT_WINDOW);
      client.call(1, "/lab.Lab/Flood", "100000 100000");
      client.call(3, "/lab.Lab/Subscribe", "");
      lab.awaitSubscriptions(2);
      client.reset(1, 8);
      lab.awaitSubscriptions(1);
      client.reset(3, 8);
      lab.awaitSubscriptions(0);
      assertTrue(client.trySend(Frames.ping(1)));
    }
  }

  private static GrpcStreams.Settings settings(Duration keepalive, Duration stallLimit) {
    return new GrpcStreams.Settings(keepalive, stallLimit, 4 << 20, 1 << 16);
  }
}
