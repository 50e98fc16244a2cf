package dev.controlplane.system.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.proto.WorkerUpdate;
import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Follower;
import dev.controlplane.system.harness.RawConnection;
import dev.controlplane.system.harness.ServerUnderTest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What was acknowledged outlives any server: random servers are killed at random moments while
 * versions are uploaded, downloaded and streamed to subscribers.
 */
class KillTest {
  private static final int ROUNDS = Integer.getInteger("kill.rounds", 50);
  private static final int UPLOADERS = 3;
  private static final int FOLLOWERS = 3;
  private static final int INLINE_LIMIT = 1 << 20;

  /** The poll alone brings an update within 5 s; the rest is for a busy machine. */
  private static final Duration CATCH_UP = Duration.ofSeconds(15);

  private final long seed = Long.getLong("kill.seed", System.nanoTime());
  private final Map<Upload, Acknowledged> acknowledged = new ConcurrentHashMap<>();
  private final Map<Upload, Long> startedAt = new ConcurrentHashMap<>();
  private final Map<Long, String> streamed = new ConcurrentHashMap<>();
  private final Queue<String> violations = new ConcurrentLinkedQueue<>();
  private final List<Follower> all = new ArrayList<>();
  private final List<Follower> open = new ArrayList<>();
  private final List<Thread> load = new ArrayList<>();
  private volatile boolean stop;
  private Cluster cluster;

  /** A version; its bytes follow from the seed. */
  private record Upload(String worker, String version, int size, long seed) {
    byte[] bytes() {
      byte[] bytes = new byte[size];
      new Random(seed).nextBytes(bytes);
      return bytes;
    }
  }

  /**
   * @param startedAt when the first request for it began, by {@link System#nanoTime}
   */
  private record Acknowledged(long revision, String checksum, long startedAt) {}

  @BeforeEach
  void start() {
    System.out.println("KillTest: -Dkill.seed=" + seed);
    // Servers that live for seconds: the second JIT costs more than it brings.
    cluster = Cluster.builder().jvm("-XX:TieredStopAtLevel=1").start();
  }

  @AfterEach
  void close() throws InterruptedException {
    stopLoad();
    all.forEach(Follower::close);
    cluster.close();
  }

  @Test
  void fiftyKillsLoseNoAcknowledgedVersionAndNoUpdate() throws Exception {
    Random random = new Random(seed);
    follow();
    for (int i = 0; i < UPLOADERS; i++) {
      String name = "uploader-" + i;
      Random own = new Random(random.nextLong());
      load(() -> keepUploading(name, own));
    }
    load(this::keepDripping);
    Random downloads = new Random(random.nextLong());
    load(() -> keepDownloading(downloads));

    int leftovers = 0;
    for (int round = 0; round < ROUNDS; round++) {
      ServerUnderTest victim = cluster.servers().get(random.nextInt(3));
      if (victim == cluster.grpc()) {
        // Else a stream that lags for ever would not be told from one that was cut in time.
        awaitCaughtUp();
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(400)));
      victim.killHard();
      if (victim == cluster.upload()) {
        leftovers += cluster.unfinishedUploads().size();
      }
      victim.launch().awaitReady();
      if (victim == cluster.grpc()) {
        follow();
      } else {
        open.forEach(follower -> assertTrue(follower.open(), "a stream ended with another server"));
      }
    }
    stopLoad();

    assertTrue(leftovers > 0, "no upload was under way at any kill: the test proves nothing");
    assertTrue(acknowledged.size() > ROUNDS, "too few uploads: the test proves nothing");
    startedAt.keySet().stream()
        .filter(upload -> !acknowledged.containsKey(upload))
        .forEach(this::uploadAgain);
    awaitCaughtUp();
    requireGapFreeLog();
    requireStreamsWithoutGap();
    acknowledged.forEach(this::requireServed);
    assertEquals(List.of(), List.copyOf(violations));
    assertEquals(List.of(), cluster.unfinishedUploads());
  }

  private void load(Runnable task) {
    load.add(Thread.ofVirtual().start(task));
  }

  private void stopLoad() throws InterruptedException {
    stop = true;
    for (Thread thread : load) {
      thread.join();
    }
  }

  /** Opens new subscriptions in place of those that broke. */
  private void follow() {
    open.forEach(Follower::close);
    open.clear();
    for (int i = 0; i < FOLLOWERS; i++) {
      open.add(Follower.subscribe(cluster, "follower-" + i, this::receive));
    }
    all.addAll(open);
  }

  private void receive(WorkerUpdate update) {
    byte[] code = update.getWorkerCode().toByteArray();
    if (update.getSize() > INLINE_LIMIT
        ? code.length != 0
        : !Cluster.sha256(code).equals(update.getChecksum())) {
      violations.add("wrong code in update " + update.getRevision());
    }
    String what = update.getWorkerName() + ' ' + update.getVersion() + ' ' + update.getChecksum();
    String before = streamed.putIfAbsent(update.getRevision(), what);
    if (before != null && !before.equals(what)) {
      violations.add("revision " + update.getRevision() + " is " + before + " and " + what);
    }
  }

  private void keepUploading(String name, Random random) {
    for (int n = 0; !stop; n++) {
      int size = n % 40 == 39 ? INLINE_LIMIT + n : random.nextInt(48 << 10);
      Upload upload =
          new Upload("worker-" + random.nextInt(6), name + '-' + n, size, random.nextLong());
      boolean again = random.nextBoolean();
      do {
        upload(upload);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20 + random.nextInt(80)));
      } while (again && !stop && !acknowledged.containsKey(upload));
    }
  }

  private void upload(Upload upload) {
    // Of the first try: that one may have been committed before a stream began.
    long began = startedAt.computeIfAbsent(upload, first -> System.nanoTime());
    try {
      byte[] bytes = upload.bytes();
      HttpResponse<String> response =
          Cluster.HTTP.send(
              HttpRequest.newBuilder(cluster.versionUri(upload.worker(), upload.version()))
                  .timeout(Duration.ofSeconds(20))
                  .PUT(BodyPublishers.ofByteArray(bytes))
                  .build(),
              BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        violations.add(upload + " was answered with " + response + ' ' + response.body());
        return;
      }
      long revision = Cluster.json(response).path("revision").asLong();
      acknowledged.put(upload, new Acknowledged(revision, Cluster.sha256(bytes), began));
    } catch (IOException e) {
      // The server was killed: whether the version exists is asked at the end.
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void uploadAgain(Upload upload) {
    upload(upload);
    if (!acknowledged.containsKey(upload)) {
      violations.add(upload + " can't be uploaded");
    }
  }

  /** Always has one upload half received, so that a kill leaves something behind. */
  private void keepDripping() {
    byte[] piece = new byte[4 << 10];
    for (int n = 0; !stop; n++) {
      URI uri = cluster.versionUri("dripping", String.valueOf(n));
      try (RawConnection connection = new RawConnection(cluster.uploadUrl())) {
        connection.put(uri, 1 << 30);
        while (!stop) {
          connection.send(piece);
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
      } catch (IOException | java.io.UncheckedIOException e) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
    }
  }

  private void keepDownloading(Random random) {
    while (!stop) {
      List<Upload> known = List.copyOf(acknowledged.keySet());
      if (!known.isEmpty()) {
        Upload upload = known.get(random.nextInt(known.size()));
        try {
          requireServed(upload, acknowledged.get(upload));
        } catch (java.io.UncheckedIOException e) {
          // consumer-server was killed
        }
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
    }
  }

  private void requireServed(Upload upload, Acknowledged promise) {
    String path =
        "/file/"
            + Cluster.segment(upload.worker())
            + "/version/"
            + Cluster.segment(upload.version());
    try {
      HttpResponse<byte[]> response =
          Cluster.HTTP.send(
              HttpRequest.newBuilder(URI.create(cluster.consumerUrl() + path))
                  .timeout(Duration.ofSeconds(20))
                  .build(),
              BodyHandlers.ofByteArray());
      String served = Cluster.sha256(response.body());
      if (response.statusCode() != 200 || !served.equals(promise.checksum())) {
        violations.add(path + " was acknowledged and is answered with " + response);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits until every open stream has the newest update whose upload began after it was open. */
  private void awaitCaughtUp() {
    for (Follower follower : open) {
      long owed = owed(follower).max().orElse(0);
      Await.until(
          CATCH_UP,
          () -> "an open stream has revision " + owed + "; it has " + follower.last(),
          () -> follower.last() >= owed);
    }
  }

  private LongStream owed(Follower follower) {
    return acknowledged.values().stream()
        .filter(upload -> upload.startedAt() > follower.subscribedAt())
        .mapToLong(Acknowledged::revision);
  }

  private void requireGapFreeLog() {
    TreeSet<Long> revisions = new TreeSet<>(streamed.keySet());
    acknowledged.values().forEach(upload -> revisions.add(upload.revision()));
    assertEquals(
        LongStream.rangeClosed(1, acknowledged.size()).boxed().toList(),
        List.copyOf(revisions),
        "each uploaded version is one update, and there is no other");
    acknowledged.forEach(
        (upload, promise) -> {
          String expected = upload.worker() + ' ' + upload.version() + ' ' + promise.checksum();
          String seen = streamed.getOrDefault(promise.revision(), expected);
          if (!seen.equals(expected)) {
            violations.add("acknowledged: " + expected + ", streamed: " + seen);
          }
        });
  }

  private void requireStreamsWithoutGap() {
    for (Follower follower : all) {
      long owed = owed(follower).min().orElse(Long.MAX_VALUE);
      if (!follower.gap().isEmpty()) {
        violations.add("a stream has a gap: " + follower.gap());
      }
      if (follower.first() > owed) {
        violations.add("a stream begins with %d, not %d".formatted(follower.first(), owed));
      }
    }
  }
}
