package dev.controlplane.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.transport.grpc.GrpcStreams;
import io.helidon.webserver.ListenerConfig;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class IdleConnectionTest {
  /** Five minutes by default. */
  private static void shortIdleTime(ListenerConfig.BuilderBase<?, ?> listener) {
    listener
        .idleConnectionTimeout(Duration.ofMillis(200))
        .idleConnectionPeriod(Duration.ofMillis(50));
  }

  @Test
  void plainHelidonCutsStreamsOnWhichNothingHappens() throws Exception {
    Lab lab = Lab.plain(IdleConnectionTest::shortIdleTime);
    try (RawClient client = quiet(lab)) {
      assertTrue(pingsAnsweredByItsEnd(client, 100));
    } finally {
      lab.close();
    }
  }

  @Test
  void quietStreamsStayOpen() throws Exception {
    try (Lab lab = Lab.guarded(GrpcStreams.Settings.defaults(), IdleConnectionTest::shortIdleTime);
        RawClient client = quiet(lab)) {
      assertFalse(pingsAnsweredByItsEnd(client, 10));
      lab.broadcast("at last");
      assertEquals(5 + 7, client.awaitData(1).payload().length);
    }
  }

  private static RawClient quiet(Lab lab) {
    RawClient client = RawClient.to(lab.port());
    client.call(1, "/lab.Lab/Subscribe", "");
    lab.awaitSubscriptions(1);
    return client;
  }

  /** Helidon looks at its mark, "ended", when the next frame comes in. */
  private static boolean pingsAnsweredByItsEnd(RawClient client, int pings)
      throws InterruptedException {
    for (int i = 0; i < pings; i++) {
      if (client.connectionLost(Duration.ofMillis(100))) {
        return true;
      }
      client.ping();
    }
    return false;
  }
}
