package dev.controlplane.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server with small limits, and clients that go to them and beyond. */
@Timeout(60)
class LimitsTest {
  private static final int MAX_STREAMS = 20;

  @TempDir static Path data;
  private static Writer writer;
  private static ServerUnderTest server;
  private final List<ManagedChannel> channels = new ArrayList<>();

  @BeforeAll
  static void start() {
    writer = new Writer(data);
    server =
        ServerUnderTest.start(
            data,
            Map.of(
                "GRPC_MAX_STREAMS",
                String.valueOf(MAX_STREAMS),
                "STALL_LIMIT",
                "PT1.5S",
                "KEEPALIVE",
                "PT2S",
                "QUEUE_SIZE",
                "8",
                "LAST_SEEN_INTERVAL",
                "PT0.05S",
                "LAST_SEEN_WRITE",
                "PT0.05S"));
  }

  @AfterAll
  static void stop() {
    server.close();
    writer.close();
  }

  @AfterEach
  void leave() {
    channels.forEach(ManagedChannel::shutdownNow);
    awaitStreams(0);
  }

  private ManagedChannel connect() {
    ManagedChannel channel = server.connect();
    channels.add(channel);
    return channel;
  }

  private static void awaitStreams(int expected) {
    Await.until(
        Duration.ofSeconds(5),
        () -> "%.0f streams, not %d".formatted(server.metric("controlplane_streams"), expected),
        () -> server.metric("controlplane_streams") == expected);
  }

  @Test
  void thereAreAsManyStreamsAsMayBeAndNotOneMoreHoweverTheyRace() {
    List<Stream> begun = new ArrayList<>();
    for (int connection = 0; connection < 4; connection++) {
      ManagedChannel channel = connect();
      for (int i = 0; i < MAX_STREAMS / 2; i++) {
        begun.add(Stream.begin(channel, "race-" + connection));
      }
    }
    Await.until(
        Duration.ofSeconds(20),
        () -> "not all know how they fare",
        () -> begun.stream().allMatch(stream -> stream.isOpen() || stream.ended()));
    List<Stream> open = begun.stream().filter(stream -> !stream.ended()).toList();
    assertEquals(MAX_STREAMS, open.size());
    for (Stream refused : begun.stream().filter(Stream::ended).toList()) {
      assertEquals(Status.Code.RESOURCE_EXHAUSTED, refused.end().getCode());
      assertTrue(
          String.valueOf(refused.end().getDescription())
              .contains("20 streams are open, as many as GRPC_MAX_STREAMS allows"));
    }
    String bound = "bound=\"streams\"";
    assertEquals(MAX_STREAMS, server.metric("controlplane_bound_in_use", bound));
    assertEquals(MAX_STREAMS, server.metric("controlplane_bound_limit", bound));
    assertEquals(
        begun.size() - MAX_STREAMS, server.metric("controlplane_bound_refusals_total", bound));

    open.getFirst().cancel();
    awaitStreams(MAX_STREAMS - 1);
    Stream another = Stream.open(channels.getFirst(), "another");
    long revision = writer.publish("limits", "another", "x");
    assertEquals(revision, another.next().getRevision());
    assertEquals(revision, open.getLast().next().getRevision());
  }

  @Test
  void whoCancelsLeavesNothingBehind() {
    ManagedChannel channel = connect();
    List<Stream> streams = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      streams.add(Stream.open(channel, "canceller-" + i));
    }
    awaitStreams(10);
    streams.forEach(Stream::cancel);
    awaitStreams(0);
  }

  @Test
  void whoseConnectionEndsLeavesNothingBehind() {
    for (int i = 0; i < 10; i++) {
      Stream stream = Stream.open(connect(), "leaver-" + i);
      assertTrue(stream.isOpen());
    }
    awaitStreams(10);
    channels.forEach(ManagedChannel::shutdownNow);
    awaitStreams(0);
  }

  @Test
  void aClientThatNeverReadsEndsAloneAndHoldsUpNobody() {
    ManagedChannel shared = connect();
    Stream deaf = Stream.neverReading(shared, "deaf");
    Stream sibling = Stream.open(shared, "sibling");
    Stream stranger = Stream.open(connect(), "stranger");
    byte[] code = new byte[200_000];
    List<Long> revisions = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      code[0] = (byte) i;
      revisions.add(writer.publish("big", "v" + i, code));
    }
    assertEquals(revisions, sibling.take(40).stream().map(u -> u.getRevision()).toList());
    assertEquals(revisions, stranger.take(40).stream().map(u -> u.getRevision()).toList());
    Await.until(
        Duration.ofSeconds(20),
        () -> "the server still waits for who never reads",
        () -> server.metric("controlplane_streams_ended_total", "reason=\"stalled\"") == 1);
    deaf.read(1000);
    assertEquals(Status.Code.RESOURCE_EXHAUSTED, deaf.end().getCode());
  }

  @Test
  void aSlowReaderGetsEverythingThoughItsQueueIsLongFull(@TempDir Path own) {
    try (Writer publisher = new Writer(own);
        ServerUnderTest patient = ServerUnderTest.start(own, Map.of("QUEUE_SIZE", "8"))) {
      Stream slow = Stream.neverReading(patient.connect(), "slow");
      byte[] code = new byte[100_000];
      List<Long> revisions = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        code[0] = (byte) i;
        revisions.add(publisher.publish("slowly", "v" + i, code));
      }
      Await.until(
          Duration.ofSeconds(30),
          () -> "it never fell behind",
          () -> patient.metric("controlplane_queue_overflows_total") > 0);
      List<Long> got = new ArrayList<>();
      while (got.size() < 40) {
        slow.read(1);
        got.add(slow.next().getRevision());
      }
      assertEquals(revisions, got);
    }
  }

  @Test
  void anOpenStreamIsASignOfLifeThatTicks() throws Exception {
    Stream ticking = Stream.open(connect(), "ticking");
    assertTrue(ticking.isOpen());
    String first = lastSeen("ticking");
    Await.until(
        Duration.ofSeconds(10),
        () -> "last_seen is still " + first,
        () -> !lastSeen("ticking").equals(first));
  }

  private static String lastSeen(String consumer) {
    String body = server.get("/consumers?limit=1000").body();
    int at = body.indexOf("\"consumer_id\":\"" + consumer + "\"");
    int from = body.indexOf("\"last_seen\":\"", at);
    return body.substring(from, body.indexOf(',', from));
  }
}
