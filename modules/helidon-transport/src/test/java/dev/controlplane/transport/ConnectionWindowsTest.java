package dev.controlplane.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.transport.frames.Frames;
import dev.controlplane.transport.grpc.GrpcStreams;
import dev.controlplane.transport.http2.StreamStalledException;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ConnectionWindowsTest {
  private static final int STREAMS = 60;
  private static final int INITIAL_WINDOW_SIZE = 4;
  private static final int FLOW_CONTROL_ERROR = 3;

  @Test
  void plainHelidonOverSendsTheWindowOfAConnection() throws Exception {
    // A race: the more often it runs the surer it is lost.
    for (int round = 0; round < 300; round++) {
      if (bytesIntoOneWindow(Lab.plain()) > Frames.DEFAULT_WINDOW) {
        return;
      }
    }
    throw new AssertionError("plain Helidon kept to the window in 300 rounds");
  }

  @Test
  void theWindowOfAConnectionIsNeverOverSent() throws Exception {
    for (int round = 0; round < 10; round++) {
      assertEquals(Frames.DEFAULT_WINDOW, bytesIntoOneWindow(Lab.guarded()));
    }
  }

  /** Many streams write at once, to a client that gives no window back. */
  private static long bytesIntoOneWindow(Lab lab) throws InterruptedException {
    try (lab;
        RawClient client = RawClient.to(lab.port())) {
      for (int i = 0; i < STREAMS; i++) {
        client.call(1 + 2 * i, "/lab.Lab/Subscribe", "");
      }
      lab.awaitSubscriptions(STREAMS);
      lab.broadcast(new byte[4000]);
      Await.until(
          "the window used up",
          Duration.ofSeconds(10),
          () -> client.dataBytes.get() >= Frames.DEFAULT_WINDOW);
      // What came behind the frame that used it up.
      client.ping();
      client.await("answer to a PING", f -> f.type() == Frames.PING);
      client.abort();
      lab.poison();
      return client.dataBytes.get();
    }
  }

  @Test
  void plainHelidonResetsAStreamWhoseWindowStaysBelowZero() throws Exception {
    try (Lab lab = Lab.plain();
        RawClient client = RawClient.to(lab.port())) {
      lowerWindowUnderWhatWasSent(lab, client);
      RawClient.Frame reset = client.await("reset", f -> f.type() == Frames.RST_STREAM);
      assertEquals(FLOW_CONTROL_ERROR, reset.errorCode());
    }
  }

  @Test
  void aWindowBelowZeroGrowsAgain() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      lowerWindowUnderWhatWasSent(lab, client);
      lab.broadcast(new byte[100]);
      client.windowUpdate(1, 50_000);
      client.await("the next message", f -> f.type() == Frames.DATA && f.payload().length == 105);
    }
  }

  @Test
  void aWindowThatTheClientRaisesIsUsedAfterTheAcknowledgement() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.call(1, "/lab.Lab/Subscribe", "");
      lab.awaitSubscriptions(1);
      client.windowUpdate(0, 1_000_000);
      lab.broadcast(new byte[100_000]);
      Await.until(
          "the window used up",
          Duration.ofSeconds(10),
          () -> client.dataBytes.get() == Frames.DEFAULT_WINDOW);
      client.ping();
      client.await("answer to a PING", f -> f.type() == Frames.PING);
      client.settings(INITIAL_WINDOW_SIZE, 200_000);
      RawClient.Frame next =
          client.await("more", f -> f.type() == Frames.DATA || f.type() == Frames.SETTINGS);
      assertEquals(Frames.SETTINGS, next.type());
      Await.until("the rest", Duration.ofSeconds(10), () -> client.dataBytes.get() == 100_005);
    }
  }

  @Test
  void aWindowThatEndsInsideTheLengthOfAMessageTearsNothing() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.call(1, "/lab.Lab/Subscribe", "");
      lab.awaitSubscriptions(1);
      client.windowUpdate(1, 100_000);
      // Leaves 3 bytes of the connection's window.
      lab.broadcast(new byte[Frames.DEFAULT_WINDOW - 8]);
      lab.broadcast(new byte[1000]);
      Await.until(
          "the window used up",
          Duration.ofSeconds(10),
          () -> client.dataBytes.get() == Frames.DEFAULT_WINDOW);
      client.windowUpdate(0, 1);
      client.windowUpdate(0, 100_000);
      lab.broadcast(new byte[1000]);
      Await.until(
          "all messages",
          Duration.ofSeconds(10),
          () -> client.dataBytes.get() == Frames.DEFAULT_WINDOW - 3 + 2 * 1005);
    }
  }

  /**
   * The stream's window is at -40,000 or so then, and what the client gave back did not change
   * that.
   */
  private static void lowerWindowUnderWhatWasSent(Lab lab, RawClient client)
      throws InterruptedException {
    client.call(1, "/lab.Lab/Subscribe", "");
    lab.awaitSubscriptions(1);
    lab.broadcast(new byte[50_000]);
    Await.until("the message", Duration.ofSeconds(10), () -> client.dataBytes.get() == 50_005);
    client.settings(INITIAL_WINDOW_SIZE, 10);
    client.windowUpdate(1, 5000);
    client.windowUpdate(0, 100_000);
  }

  @Test
  void aStreamThatIsNotReadHoldsUpNoOther() throws Exception {
    try (Lab lab = Lab.guarded();
        Client client = Client.to(lab.port(), b -> b.flowControlWindow(Frames.DEFAULT_WINDOW))) {
      Client.Call stuck = client.flood(1000, 10_000).read(1);
      stuck.next();
      Client.Call other = client.subscribe();
      lab.awaitSubscriptions(2);
      for (int i = 0; i < 100; i++) {
        lab.broadcast(new byte[10_000]);
        assertEquals(10_000, other.next().length);
      }
      assertTrue(stuck.open());
    }
  }

  @Test
  void aClientThatDoesNotReadIsToldSo() throws Exception {
    try (Lab lab = Lab.guarded(settings(Duration.ofMillis(300)));
        Client client = Client.to(lab.port(), b -> b.flowControlWindow(Frames.DEFAULT_WINDOW))) {
      Client.Call stuck = client.flood(1000, 10_000).read(1);
      Client.Call other = client.subscribe();
      assertInstanceOf(StreamStalledException.class, lab.failures.poll(10, TimeUnit.SECONDS));
      stuck.read(1000);
      assertEquals(Status.Code.RESOURCE_EXHAUSTED, stuck.end(Duration.ofSeconds(10)).getCode());
      lab.awaitSubscriptions(1);
      assertTrue(other.open());
    }
  }

  @Test
  void messagesLargerThanEveryWindowArrive() throws Exception {
    try (Lab lab = Lab.guarded();
        Client client = Client.to(lab.port(), b -> b.flowControlWindow(Frames.DEFAULT_WINDOW))) {
      Client.Call[] calls = new Client.Call[8];
      for (int i = 0; i < calls.length; i++) {
        calls[i] = client.flood(5, (1 << 20) + 100).read(10);
      }
      for (Client.Call call : calls) {
        for (int i = 0; i < 5; i++) {
          assertEquals((1 << 20) + 100, call.next().length);
        }
        assertEquals(Status.Code.OK, call.end(Duration.ofSeconds(10)).getCode());
      }
    }
  }

  @Test
  void aMessageOfNoBytesArrives() throws Exception {
    try (Lab lab = Lab.guarded();
        Client client = Client.to(lab.port())) {
      Client.Call call = client.flood(2, 0).read(10);
      assertEquals(0, call.next().length);
      assertEquals(0, call.next().length);
      assertEquals(Status.Code.OK, call.end(Duration.ofSeconds(10)).getCode());
    }
  }

  static GrpcStreams.Settings settings(Duration stallLimit) {
    GrpcStreams.Settings defaults = GrpcStreams.Settings.defaults();
    return new GrpcStreams.Settings(
        defaults.keepalive(),
        stallLimit,
        defaults.maxInboundMessage(),
        defaults.maxStreamsPerConnection());
  }
}
