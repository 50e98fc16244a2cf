package dev.controlplane.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.transport.frames.Frames;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LateFramesTest {
  @Test
  void plainHelidonEndsTheConnectionForAResetOfAStreamThatWasReset() throws Exception {
    try (Lab lab = Lab.plain();
        RawClient client = RawClient.to(lab.port())) {
      cancelAndOpenAnother(lab, client);
      client.reset(3, Frames.STREAM_CLOSED);
      assertTrue(client.connectionLost(Await.LIMIT));
    }
  }

  @Test
  void framesForAStreamThatWasResetAreDropped() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      cancelAndOpenAnother(lab, client);
      client.reset(3, Frames.STREAM_CLOSED);
      client.message(3, new byte[0], true);
      client.windowUpdate(3, 1000);
      lab.broadcast("still there");
      assertEquals(5 + 11, client.awaitData(1).payload().length);
    }
  }

  @Test
  void lateDataDoesNotUseUpTheConnectionsWindow() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      cancelAndOpenAnother(lab, client);
      for (int i = 0; i < 4; i++) {
        client.send(Frames.DATA, 0, 3, new byte[10_000]);
      }
      client.await(
          "the window back",
          f ->
              f.type() == Frames.WINDOW_UPDATE
                  && f.streamId() == 0
                  && Frames.int32(f.payload(), 0) >= 40_000);
    }
  }

  @Test
  void aCancelThatCrossesTheTrailersIsDropped() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      for (int streamId = 1; streamId < 200; streamId += 2) {
        client.call(streamId, "/lab.Lab/Echo", "x");
        client.reset(streamId, 8);
      }
      assertFalse(client.connectionLost(Duration.ofMillis(200)));
    }
  }

  @Test
  void framesOfAStreamThatNeverWasStillEndTheConnection() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.message(7, new byte[1], true);
      assertTrue(client.connectionLost(Await.LIMIT));
    }
  }

  @Test
  void aGoawayOfHelidonNamesTheLastStreamThatWasOpened() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.call(5, "/lab.Lab/Subscribe", "");
      lab.awaitSubscriptions(1);
      // A PING has 8 bytes.
      client.send(Frames.PING, 0, 0, new byte[7]);
      RawClient.Frame end = client.await("GOAWAY", f -> f.type() == Frames.GOAWAY);
      assertEquals(5, Frames.int32(end.payload(), 0));
      assertEquals(Frames.FRAME_SIZE_ERROR, end.errorCode());
    }
  }

  @Test
  void dataAfterTheEndOfARequestEndsItsStreamAlone() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.call(1, "/lab.Lab/Subscribe", "");
      client.call(3, "/lab.Lab/Subscribe", "");
      lab.awaitSubscriptions(2);
      client.message(3, new byte[1], false);
      client.awaitReset(3, Frames.STREAM_CLOSED);
      lab.awaitSubscriptions(1);
      lab.broadcast("still there");
      assertEquals(5 + 11, client.awaitData(1).payload().length);
    }
  }

  private static void cancelAndOpenAnother(Lab lab, RawClient client) {
    client.call(1, "/lab.Lab/Subscribe", "");
    client.call(3, "/lab.Lab/Subscribe", "");
    lab.awaitSubscriptions(2);
    client.reset(3, 8);
    client.call(5, "/lab.Lab/Subscribe", "");
    Await.until("3 gone, 5 there", Await.LIMIT, () -> lab.subscriptions.size() == 2);
  }
}
