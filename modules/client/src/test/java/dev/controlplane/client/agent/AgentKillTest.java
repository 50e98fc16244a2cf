package dev.controlplane.client.agent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.FakeControlPlane;
import dev.controlplane.client.Fixtures;
import dev.controlplane.client.agent.admission.Admission;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whenever an agent is killed, what is active is whole; and the next one goes on. */
@Timeout(300)
class AgentKillTest {
  private static final int ROUNDS = Integer.getInteger("agent.kill.rounds", 5);
  private static final List<String> WORKERS = List.of("a", "b", "c");

  private final long seed = Long.getLong("agent.kill.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final Map<String, byte[]> published = new HashMap<>();
  private final Map<String, String> latest = new HashMap<>();
  private int versions;

  @TempDir private Path root;

  @Test
  void killedAtAnyPointItLeavesAWholeVersionActiveAndGoesOn() throws Exception {
    System.out.println("AgentKillTest: -Dagent.kill.seed=" + seed);
    // Half of the versions travel inline, half are fetched.
    try (FakeControlPlane plane = new FakeControlPlane(30_000)) {
      int active = 0;
      for (int round = 0; round < ROUNDS; round++) {
        Process agent = AgentProcess.start(root, plane, Path.of("/dev/null"));
        CountDownLatch switched = new CountDownLatch(1);
        Thread reader =
            Thread.ofVirtual()
                .start(
                    () ->
                        agent
                            .inputReader()
                            .lines()
                            .filter("ACTIVE"::equals)
                            .forEach(_ -> switched.countDown()));
        try {
          long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
          while (switched.getCount() > 0) {
            assertTrue(System.nanoTime() < end, "the agent has switched to nothing in 60 s");
            change(plane);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
          }
          end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(random.nextInt(200));
          while (System.nanoTime() < end) {
            change(plane);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(8)));
          }
        } finally {
          agent.destroyForcibly().waitFor();
          reader.join();
        }
        active += requireWhole();
      }
      assertTrue(active > 0, "nothing was active at any kill: the test proves nothing");
      requireCaughtUp(plane);
    }
  }

  private void change(FakeControlPlane plane) {
    String worker = WORKERS.get(random.nextInt(WORKERS.size()));
    String now = latest.get(worker);
    if (now != null && random.nextInt(6) == 0) {
      plane.delete(worker, now);
      latest.put(worker, plane.latest(worker));
      return;
    }
    String version = "v" + ++versions;
    byte[] bytes = new byte[random.nextInt(60_000)];
    random.nextBytes(bytes);
    published.put(worker + "/" + version, bytes);
    latest.put(worker, version);
    plane.publish(worker, version, bytes);
  }

  /** How many workers have an active version, each of them whole. */
  private int requireWhole() throws IOException {
    int active = 0;
    for (String worker : WORKERS) {
      Path link = root.resolve(worker).resolve("current");
      if (Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
        Path target = Files.readSymbolicLink(link);
        byte[] expected = published.get(worker + "/" + target.getFileName());
        byte[] actual = Files.readAllBytes(link.resolveSibling(target));
        assertArrayEquals(expected, actual, () -> link + " names " + target);
        active++;
      }
    }
    return active;
  }

  private void requireCaughtUp(FakeControlPlane plane) throws Exception {
    BlockingQueue<AgentEvent> events = new LinkedBlockingQueue<>();
    Thread agent =
        Thread.ofVirtual()
            .start(
                () -> {
                  try (ControlPlaneClient client =
                      new ControlPlaneClient(plane.endpoints(), Fixtures.QUICK)) {
                    client
                        .agent(new AgentSettings("killed", root), Admission.ALL, events::add)
                        .run();
                  } catch (IOException | InterruptedException e) {
                    events.add(AgentEvent.of(AgentEvent.Kind.WAITING, e.toString()));
                  }
                });
    try {
      long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (!latestEverywhere()) {
        assertTrue(System.nanoTime() < end, () -> "not caught up: " + latest + " " + events);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      }
    } finally {
      agent.interrupt();
      agent.join();
    }
    assertEquals(latest.values().stream().filter(v -> v != null).count(), requireWhole());
  }

  private boolean latestEverywhere() throws IOException {
    for (String worker : WORKERS) {
      Path link = root.resolve(worker).resolve("current");
      String active =
          Files.exists(link, LinkOption.NOFOLLOW_LINKS)
              ? Files.readSymbolicLink(link).getFileName().toString()
              : null;
      if (!java.util.Objects.equals(active, latest.get(worker))) {
        return false;
      }
    }
    return true;
  }
}
