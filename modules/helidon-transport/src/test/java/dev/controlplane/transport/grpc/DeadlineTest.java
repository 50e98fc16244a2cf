package dev.controlplane.transport.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.transport.Await;
import dev.controlplane.transport.HeaderText;
import dev.controlplane.transport.Lab;
import dev.controlplane.transport.RawClient;
import dev.controlplane.transport.Threads;
import dev.controlplane.transport.frames.Frames;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DeadlineTest {
  @Test
  void aCallEndsWithDeadlineExceededAndItsHandlerIsToldThatTheClientIsGone() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.headers(1, "/lab.Lab/Subscribe", "grpc-timeout", "1500m");
      client.message(1, new byte[1], true);
      client.headers(3, "/lab.Lab/Subscribe", "grpc-timeout", "1H");
      client.message(3, new byte[1], true);
      assertTrue(trailers(client, 1).contains("grpc-status: 4"));
      lab.awaitSubscriptions(1);
      lab.broadcast("x");
      assertEquals(6, client.awaitData(3).payload().length, "the other stream goes on");
    }
  }

  @Test
  void aCallWhoseMessageIsPartlyOutEndsToo() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      int id = 1;
      for (String timeout : List.of("1S", "4S", "16S")) {
        client.headers(id, "/lab.Lab/Flood", "grpc-timeout", timeout);
        // More than the window takes: the message is cut, so no trailers may follow.
        client.message(id, "1 100000".getBytes(StandardCharsets.US_ASCII), true);
        int streamId = id;
        RawClient.Frame end =
            client.await(
                "end",
                f -> f.streamId() == streamId && (f.type() == Frames.RST_STREAM || f.endStream()));
        if (end.type() == Frames.RST_STREAM) {
          assertEquals(Frames.CANCEL, end.errorCode());
          break;
        }
        // The machine was too slow to begin with the message in time.
        id += 2;
      }
      Await.until("its handler ended", Duration.ofSeconds(20), lab.subscriptions::isEmpty);
      client.windowUpdate(0, 200_000);
      client.call(id + 2, "/lab.Lab/Echo", "x");
      assertEquals(6, client.awaitData(id + 2).payload().length, "the connection goes on");
    }
  }

  @Test
  void aCallThatIsStillBeingSentEndsToo() throws Exception {
    List<Thread> before = Threads.ofStreams();
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.headers(1, "/lab.Lab/Chat", "grpc-timeout", "100m");
      assertTrue(trailers(client, 1).contains("grpc-status: 4"));
      client.awaitReset(1, Frames.NO_ERROR);
      client.ping();
      Await.until(
          "its thread ended",
          Duration.ofSeconds(20),
          () -> Threads.ofStreams().stream().allMatch(before::contains));
    }
  }

  @Test
  void callsThatEndedSoTakeNoneOfTheConnectionsStreams() throws Exception {
    GrpcStreams.Settings defaults = GrpcStreams.Settings.defaults();
    try (Lab lab =
            Lab.guarded(
                new GrpcStreams.Settings(
                    defaults.keepalive(), defaults.stallLimit(), defaults.maxInboundMessage(), 4));
        RawClient client = RawClient.to(lab.port())) {
      int id = 1;
      for (; id < 30; id += 2) {
        client.headers(id, "/lab.Lab/Chat", "grpc-timeout", "1m");
        client.awaitReset(id, Frames.NO_ERROR);
      }
      client.call(id, "/lab.Lab/Echo", "x");
      assertEquals(6, client.awaitData(id).payload().length);
    }
  }

  @Test
  void aTimeoutIsOneToEightDigitsAndAUnit() {
    assertEquals(Optional.of(Duration.ofHours(99_999_999)), Deadline.parse("99999999H"));
    assertEquals(Optional.of(Duration.ofMinutes(2)), Deadline.parse("2M"));
    assertEquals(Optional.of(Duration.ofSeconds(0)), Deadline.parse("0S"));
    assertEquals(Optional.of(Duration.ofMillis(15)), Deadline.parse("15m"));
    assertEquals(Optional.of(Duration.ofNanos(7_000)), Deadline.parse("7u"));
    assertEquals(Optional.of(Duration.ofNanos(7)), Deadline.parse("7n"));
    for (String bad : List.of("", "S", "1", "123456789S", "1s", "-1S", "1 S", "1.5S", "٣S")) {
      assertEquals(Optional.empty(), Deadline.parse(bad), bad);
    }
  }

  @Test
  void aMalformedTimeoutIsRefused() throws Exception {
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.headers(1, "/lab.Lab/Echo", "grpc-timeout", "soon");
      assertTrue(trailers(client, 1).contains("grpc-timeout is malformed"));
    }
  }

  private static String trailers(RawClient client, int streamId) throws InterruptedException {
    return HeaderText.of(
        client
            .await(
                "trailers",
                f -> f.type() == Frames.HEADERS && f.streamId() == streamId && f.endStream())
            .payload());
  }
}
