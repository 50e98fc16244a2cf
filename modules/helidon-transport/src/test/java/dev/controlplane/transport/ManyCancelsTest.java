package dev.controlplane.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ManyCancelsTest {
  @Test
  void plainHelidonEndsAConnectionAtTheFiftyFirstCancel() throws Exception {
    try (Lab lab = Lab.plain();
        RawClient client = RawClient.to(lab.port())) {
      cancel(lab, client, 51);
      assertTrue(client.connectionLost(Await.LIMIT));
    }
  }

  @Test
  void aThousandCancelsLeaveTheOtherStreamsAlone() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.call(1, "/lab.Lab/Subscribe", "");
      client.awaitHeaders(1);
      cancel(lab, client, 1000);
      lab.awaitSubscriptions(1);
      lab.broadcast("still there");
      assertEquals(5 + 11, client.awaitData(1).payload().length);
    }
  }

  private static void cancel(Lab lab, RawClient client, int count) throws InterruptedException {
    int others = lab.subscriptions.size();
    for (int i = 0; i < count; i++) {
      int streamId = 3 + 2 * i;
      client.call(streamId, "/lab.Lab/Subscribe", "");
      lab.awaitSubscriptions(others + 1);
      client.reset(streamId, 8);
      lab.awaitSubscriptions(others);
    }
  }
}
