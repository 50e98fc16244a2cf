package dev.controlplane.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.transport.frames.Frames;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LostConnectionTest {
  private static final int STREAMS = 20;

  @Test
  void plainHelidonTellsNoHandlerThatItsConnectionIsLost() {
    Lab lab = Lab.plain();
    try (RawClient client = rawSubscribed(lab)) {
      List<Thread> connections = Threads.ofConnections();
      client.abort();
      Await.until(
          "its end", Await.LIMIT, () -> Threads.ofConnections().size() < connections.size());
      assertFalse(
          Await.comesTrue(Duration.ofMillis(500), () -> lab.subscriptions.size() < STREAMS));
    } finally {
      lab.close();
    }
  }

  @Test
  void plainHelidonKeepsTheThreadOfAHandlerThatEndsAfterItsConnection() {
    List<Thread> before = Threads.ofStreams();
    Lab lab = Lab.plain();
    try (RawClient client = rawSubscribed(lab)) {
      List<Thread> connections = Threads.ofConnections();
      client.abort();
      Await.until(
          "its end", Await.LIMIT, () -> Threads.ofConnections().size() < connections.size());
      // The handlers learn at last, from the exception of a send; they give up and return.
      lab.broadcast("is there anybody?");
      lab.awaitSubscriptions(0);
      assertFalse(
          Await.comesTrue(Duration.ofMillis(500), () -> before.containsAll(Threads.ofStreams())));
    } finally {
      lab.close();
    }
  }

  /** The ways of a client to leave. */
  enum Leaving {
    CANCEL,
    SHUTDOWN_NOW,
    RESET
  }

  @ParameterizedTest
  @EnumSource
  void everyWayOfLeavingFreesHandlersAndThreads(Leaving way) {
    List<Thread> before = Threads.ofStreams();
    try (Lab lab = Lab.guarded()) {
      switch (way) {
        case CANCEL -> {
          try (Client client = Client.to(lab.port())) {
            List<Client.Call> calls = Stream.generate(client::subscribe).limit(STREAMS).toList();
            lab.awaitSubscriptions(STREAMS);
            calls.forEach(Client.Call::cancel);
            assertFreed(lab, before);
          }
        }
        case SHUTDOWN_NOW -> {
          try (Client client = subscribed(lab)) {
            client.channel.shutdownNow();
            assertFreed(lab, before);
          }
        }
        case RESET -> {
          try (RawClient client = rawSubscribed(lab)) {
            client.abort();
            assertFreed(lab, before);
          }
        }
      }
    }
  }

  @Test
  void aStreamWhoseRequestNeverCameIsFreedToo() {
    List<Thread> before = Threads.ofStreams();
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.headers(1, "/lab.Lab/Subscribe", false);
      client.headers(3, "/lab.Lab/Unknown", false);
      Await.until(
          "two threads", Await.LIMIT, () -> Threads.ofStreams().size() == before.size() + 2);
      client.abort();
      Await.until("no thread", Await.LIMIT, () -> before.containsAll(Threads.ofStreams()));
    }
  }

  @Test
  void plainHelidonCutsTheStreamsOfAClientThatWillOpenNoMore() throws Exception {
    try (Lab lab = Lab.plain();
        RawClient client = RawClient.to(lab.port())) {
      client.call(1, "/lab.Lab/Subscribe", "");
      lab.awaitSubscriptions(1);
      client.send(Frames.goAway(0, Frames.NO_ERROR));
      assertTrue(client.connectionLost(Await.LIMIT));
    }
  }

  @Test
  void theStreamsOfAClientThatWillOpenNoMoreLiveOn() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.call(1, "/lab.Lab/Subscribe", "");
      lab.awaitSubscriptions(1);
      client.send(Frames.goAway(0, Frames.NO_ERROR));
      lab.broadcast("more");
      assertEquals(5 + 4, client.awaitData(1).payload().length);
    }
  }

  @Test
  void theStreamsOfAChannelThatShutsDownLiveOn() throws Exception {
    try (Lab lab = Lab.guarded();
        Client client = Client.to(lab.port())) {
      Client.Call call = client.subscribe();
      lab.awaitSubscriptions(1);
      client.channel.shutdown();
      assertEquals("still open", call.end(Duration.ofMillis(300)).getDescription());
      lab.broadcast("more");
      assertEquals(4, call.next().length);
    }
  }

  private static Client subscribed(Lab lab) {
    Client client = Client.to(lab.port());
    for (int i = 0; i < STREAMS; i++) {
      client.subscribe();
    }
    lab.awaitSubscriptions(STREAMS);
    return client;
  }

  private static RawClient rawSubscribed(Lab lab) {
    RawClient client = RawClient.to(lab.port());
    for (int i = 0; i < STREAMS; i++) {
      client.call(1 + 2 * i, "/lab.Lab/Subscribe", "");
    }
    lab.awaitSubscriptions(STREAMS);
    return client;
  }

  private static void assertFreed(Lab lab, List<Thread> before) {
    Await.until("every handler ended", Await.LIMIT, lab.subscriptions::isEmpty);
    Await.until("every thread ended", Await.LIMIT, () -> before.containsAll(Threads.ofStreams()));
  }
}
