package dev.controlplane.system.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.proto.UpdateKind;
import dev.controlplane.proto.WorkerUpdate;
import dev.controlplane.system.harness.AgentUnderTest;
import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.RawConnection;
import dev.controlplane.system.harness.ServerUnderTest;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What many clients leave behind in a server, or make it hold, stays small. */
class BoundedMemoryTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String HELD = "ab".repeat(32);

  private static Cluster cluster;

  /** Nothing is recorded, and the heap is all there from the start, so that other memory shows. */
  @BeforeAll
  static void startServers() {
    cluster =
        Cluster.builder()
            .jvm("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch")
            .with("PPROF_CUMULATIVE", "false")
            .with("UPLOAD_IDLE_TIMEOUT", "PT5M")
            .withoutConsumerServer()
            .start();
  }

  @AfterAll
  static void stopServers() {
    cluster.close();
  }

  @Test
  void whatAConsumerHoldsIsForgottenOnceItsSnapshotIsSent() {
    int streams = 200;
    liveBytesWithStreams(streams, 1_000); // what is made once, is made
    long none = liveBytesWithStreams(streams, 0);
    long each = (liveBytesWithStreams(streams, 1_000) - none) / streams;
    assertTrue(each < 1 << 10, () -> each + " bytes stay of the 1,000 workers of each stream");
  }

  private static long liveBytesWithStreams(int streams, int held) {
    ManagedChannel channel = cluster.channel();
    try {
      for (int i = 0; i < streams; i++) {
        SubscribeRequest.Builder request =
            SubscribeRequest.newBuilder().setConsumerId("edge-" + i).setSnapshot(true);
        for (int worker = 0; worker < held; worker++) {
          request.putHeld("worker-%d-of-%d.js".formatted(worker, i), HELD);
        }
        Iterator<WorkerUpdate> updates =
            ControlPlaneGrpc.newBlockingStub(channel)
                .withDeadlineAfter(LIMIT)
                .subscribeWorkerUpdates(request.build());
        while (updates.next().getKind() != UpdateKind.SYNCED) {
          // What it should not hold is deleted.
        }
      }
      return liveBytes(cluster.grpc());
    } finally {
      channel.shutdownNow();
    }
  }

  /** The JVM compiles and caches what it runs, so resident memory is flat only in the long run. */
  @Test
  void tenThousandUploadsThatAreRefusedLeaveNothingBehind() throws IOException {
    refuseUploads(2_000);
    long resident = residentKilobytes(cluster.upload());
    long live = liveBytes(cluster.upload());
    long goroutines = goroutines();
    refuseUploads(10_000);
    long grown = residentKilobytes(cluster.upload()) - resident;
    assertTrue(grown < 32 << 10, () -> "10,000 refused uploads took " + grown + " kB for good");
    long kept = liveBytes(cluster.upload()) - live;
    assertTrue(kept < 2 << 20, () -> "10,000 refused uploads left " + kept + " bytes in the heap");
    Await.until(
        LIMIT,
        () -> "as many goroutines as before, " + goroutines + ", and not " + goroutines(),
        () -> goroutines() <= goroutines + 2);
    assertEquals(List.of(), cluster.unfinishedUploads());
  }

  private static long goroutines() {
    String text = Cluster.get(cluster.uploadUrl() + "/debug/pprof/goroutine?debug=1").body();
    return Long.parseLong(text.lines().findFirst().orElseThrow().replaceAll("\\D", ""));
  }

  /** Each client goes on sending its body for a while. */
  private static void refuseUploads(int count) throws IOException {
    URI uri = URI.create(cluster.uploadUrl() + "/workers/w/versions/a%2Fb");
    for (int i = 0; i < count; i++) {
      try (RawConnection connection = new RawConnection(cluster.uploadUrl())) {
        connection.put(uri, 1 << 20).send(new byte[1_000]);
        String head = connection.head();
        assertTrue(head.startsWith("HTTP/1.1 400 "), head);
      }
    }
  }

  @Test
  void twoThousandUploadsThatTrickleLeaveRoomForOthers() throws IOException {
    List<RawConnection> trickling = new ArrayList<>();
    try {
      for (int i = 0; i < 2_000; i++) {
        RawConnection connection = new RawConnection(cluster.uploadUrl(), 4 << 10);
        trickling.add(connection);
        connection.put(cluster.versionUri("slow-" + i, "1"), 1 << 20).send(new byte[1]);
      }
      for (int round = 0; round < 3; round++) {
        for (RawConnection connection : trickling) {
          connection.send(new byte[100]);
        }
        cluster.published("quick", "1." + round, AgentUnderTest.bytes("quick"));
      }
    } finally {
      trickling.forEach(RawConnection::close);
    }
    assertTrue(cluster.upload().alive(), cluster.upload()::logText);
    Await.until(
        LIMIT,
        () -> "files of uploads that were given up are removed: " + cluster.unfinishedUploads(),
        () -> cluster.unfinishedUploads().isEmpty());
  }

  private static long liveBytes(ServerUnderTest server) {
    String total =
        server.jcmd("GC.class_histogram").lines().reduce((_, last) -> last).orElseThrow();
    return Long.parseLong(total.strip().replaceFirst(".*\\s", ""));
  }

  private static long residentKilobytes(ServerUnderTest server) throws IOException {
    server.jcmd("GC.run");
    String line =
        Files.readAllLines(Path.of("/proc/" + server.pid() + "/status")).stream()
            .filter(status -> status.startsWith("VmRSS:"))
            .findFirst()
            .orElseThrow();
    return Long.parseLong(line.replaceAll("\\D", ""));
  }
}
