package dev.controlplane.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.ManagedChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ManyStreamsTest {
  private static final int CONNECTIONS = 10;
  private static final int STREAMS = 1_000;
  private static final int UPDATES = 1_000;

  @TempDir Path data;

  @Test
  @Timeout(120)
  void aThousandSubscriptionsOnTenConnectionsGetAThousandUpdatesEachAllInOrder() {
    try (Writer writer = new Writer(data);
        ServerUnderTest server = ServerUnderTest.start(data, Map.of())) {
      List<Stream> streams = new ArrayList<>();
      for (int i = 0; i < CONNECTIONS; i++) {
        ManagedChannel channel = server.connect();
        for (int j = 0; j < STREAMS / CONNECTIONS; j++) {
          streams.add(Stream.begin(channel, "consumer-" + i + "-" + j));
        }
      }
      streams.forEach(Stream::awaitHeaders);
      long last = writer.churn("busy", UPDATES);
      assertEquals(UPDATES, last);
      List<Long> all = LongStream.rangeClosed(1, UPDATES).boxed().toList();
      for (Stream stream : streams) {
        assertEquals(all, stream.take(UPDATES).stream().map(u -> u.getRevision()).toList());
      }
      assertEquals(0, streams.stream().mapToInt(Stream::waiting).sum());
      Await.until(
          Duration.ofSeconds(5),
          () -> "sent updates are not counted",
          () -> server.metric("controlplane_updates_sent_total") == (double) STREAMS * UPDATES);
    }
  }
}
