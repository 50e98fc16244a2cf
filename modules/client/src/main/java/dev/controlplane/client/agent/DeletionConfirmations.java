package dev.controlplane.client.agent;

import dev.controlplane.client.agent.state.AgentDirectory;
import dev.controlplane.client.agent.state.AgentNotes;
import dev.controlplane.client.agent.state.Withheld;
import dev.controlplane.client.agent.state.WithheldDeletions;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Carries out withheld deletions that somebody has confirmed. */
final class DeletionConfirmations {
  private static final Duration PERIOD = Duration.ofSeconds(1);

  private final AgentNotes notes;
  private final AgentTasks tasks;
  private final AgentPosition position;
  private final AgentEvents events;
  private final WithheldDeletions withheld;
  private final LastingProblems problems = new LastingProblems();

  DeletionConfirmations(AgentContext agent) {
    this.notes = agent.directory().notes();
    this.tasks = agent.tasks();
    this.position = agent.position();
    this.events = agent.events();
    this.withheld = agent.withheld();
  }

  /** Processes confirmations from before the start. */
  void begin() throws IOException {
    take();
    for (Withheld one : withheld.list()) {
      if (one.confirmed()) {
        remove(one.worker());
      }
    }
  }

  /** Looks for confirmations until this thread is interrupted. */
  void await() {
    try {
      while (true) {
        Thread.sleep(PERIOD);
        if (withheld.list().isEmpty()) {
          continue;
        }
        try {
          take().forEach(one -> remove(one.worker()));
          problems.forget();
        } catch (ClosedByInterruptException e) {
          return;
        } catch (IOException e) {
          String problem = AgentDirectory.problem(e);
          if (problems.isNews(problem)) {
            events.accept(new AgentEvent(AgentEvent.Kind.WAITING, "", "", 0, "disk", problem));
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private List<Withheld> take() throws IOException {
    Set<String> workers = new HashSet<>(notes.confirmed());
    if (workers.isEmpty()) {
      return List.of();
    }
    List<Withheld> confirmed = withheld.confirm(one -> workers.contains(one.worker()));
    notes.forgetConfirmed();
    return confirmed;
  }

  private void remove(String worker) {
    tasks.add(
        worker,
        position.token(),
        task -> task.aim(new AgentTask.Removal(), position.revision(), position.generation()));
  }
}
