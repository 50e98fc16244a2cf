package dev.controlplane.client;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.controlplane.client.agent.Agent;
import dev.controlplane.client.agent.AgentEvent;
import dev.controlplane.client.agent.AgentSettings;
import dev.controlplane.client.agent.admission.Admission;
import dev.controlplane.client.files.Places;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An agent on a thread of its own, and what it has told. */
public final class RunningAgent {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final BlockingQueue<AgentEvent> events = new LinkedBlockingQueue<>();
  private final List<AgentEvent> seen = new ArrayList<>();
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private final Thread thread;

  public RunningAgent(
      FakeControlPlane plane, AgentSettings settings, Admission admission, Places places) {
    thread =
        Thread.ofVirtual()
            .start(
                () -> {
                  try (ControlPlaneClient client =
                      new ControlPlaneClient(plane.endpoints(), Fixtures.QUICK)) {
                    new Agent(client.agentServers(), settings, admission, events::add, places)
                        .run();
                  } catch (IOException | InterruptedException | RuntimeException e) {
                    end.completeExceptionally(e);
                  }
                });
  }

  /** The next event of this kind; others before it are passed over. */
  public AgentEvent await(AgentEvent.Kind kind) throws InterruptedException {
    while (true) {
      AgentEvent event = events.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
      assertNotNull(event, () -> "no " + kind + " after " + seen);
      seen.add(event);
      if (event.kind() == kind) {
        return event;
      }
    }
  }

  public void awaitActive(String worker, String version) throws InterruptedException {
    AgentEvent event = await(AgentEvent.Kind.ACTIVE);
    while (!event.worker().equals(worker) || !event.version().equals(version)) {
      event = await(AgentEvent.Kind.ACTIVE);
    }
  }

  /** What was told up to what was awaited last. */
  public List<AgentEvent> seen() {
    return seen;
  }

  /** What ended it. */
  public Throwable failure() {
    return assertThrows(
            ExecutionException.class, () -> end.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
        .getCause();
  }

  public void stop() throws InterruptedException {
    thread.interrupt();
    thread.join();
  }
}
