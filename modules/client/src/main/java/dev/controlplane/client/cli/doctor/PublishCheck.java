package dev.controlplane.client.cli.doctor;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.Progress;
import dev.controlplane.client.agent.AgentEvent;
import dev.controlplane.client.agent.AgentSettings;
import dev.controlplane.client.agent.admission.Admission;
import dev.controlplane.client.answers.ConsumerStatus;
import dev.controlplane.client.answers.StatusFilter;
import dev.controlplane.client.stream.Subscription;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Publishes a worker, runs an agent for it until the servers know the version as active, and
 * deletes the worker.
 */
final class PublishCheck {
  private static final String CHECK = "publish to active";
  private static final String VERSION = "1";
  private static final Duration LOOK = Duration.ofMillis(50);

  private final ControlPlaneClient client;
  private final String name;
  private final long end;
  private final BlockingQueue<AgentEvent> events = new LinkedBlockingQueue<>();
  private volatile String lastEvent = "the agent has not been connected";

  /**
   * Creates the check.
   *
   * @param name of the worker and of the consumer
   */
  PublishCheck(ControlPlaneClient client, String name, Duration limit) {
    this.client = client;
    this.name = name;
    this.end = System.nanoTime() + limit.toNanos();
  }

  Finding look() throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("cpctl-doctor");
    Thread agent = Thread.ofVirtual().start(() -> runAgent(directory));
    try {
      return await(AgentEvent.Kind.CONNECTED) ? publish() : failed("no stream of updates");
    } finally {
      agent.interrupt();
      agent.join();
      remove(directory);
    }
  }

  private void runAgent(Path directory) {
    AgentSettings settings =
        new AgentSettings(name, directory, List.of(name), 1, Subscription.SILENCE);
    try {
      client.agent(settings, Admission.ALL, events::add).run();
    } catch (IOException e) {
      lastEvent = e.getMessage();
    } catch (InterruptedException e) {
      // The check is over.
    }
  }

  private Finding publish() throws IOException, InterruptedException {
    byte[] bytes = "published by cpctl doctor\n".getBytes(StandardCharsets.UTF_8);
    long start = System.nanoTime();
    client.upload(name, VERSION, new ByteArrayInputStream(bytes), Progress.NONE);
    try {
      if (!await(AgentEvent.Kind.ACTIVE)) {
        return failed("published, but not active");
      }
      long active = millisecondsSince(start);
      while (!isKnownAsActive()) {
        if (System.nanoTime() > end) {
          return failed("active after %d ms, but not reported".formatted(active));
        }
        Thread.sleep(LOOK);
      }
      return Finding.ok(
          CHECK,
          "active after %d ms, reported after %d ms".formatted(active, millisecondsSince(start)));
    } finally {
      client.delete(name, VERSION);
    }
  }

  /** Waits for an event of the agent; false if it does not come in time. */
  private boolean await(AgentEvent.Kind kind) throws InterruptedException {
    while (true) {
      AgentEvent event = events.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (event == null) {
        return false;
      }
      lastEvent = "%s %s".formatted(event.kind(), event.message()).strip();
      if (event.kind() == kind) {
        return true;
      }
    }
  }

  private boolean isKnownAsActive() throws IOException, InterruptedException {
    for (ConsumerStatus row : client.statusOfConsumer(name, StatusFilter.ALL, 10, null).items()) {
      if (row.worker().equals(name) && row.active().equals(VERSION)) {
        return true;
      }
    }
    return false;
  }

  private Finding failed(String what) {
    return Finding.fail(
        CHECK,
        "%s within the time limit; last from the agent: %s".formatted(what, lastEvent),
        "look at the log of grpc-server and, for the download, of consumer-server");
  }

  private static long millisecondsSince(long start) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
  }

  private static void remove(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
