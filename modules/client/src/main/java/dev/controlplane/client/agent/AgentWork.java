package dev.controlplane.client.agent;

import dev.controlplane.client.ControlPlaneException;
import dev.controlplane.client.DamagedException;
import dev.controlplane.client.InvalidNameException;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.RetryPolicy;
import dev.controlplane.client.agent.admission.Admission;
import dev.controlplane.client.agent.state.AgentDirectory;
import dev.controlplane.client.agent.state.LostDirectoryException;
import dev.controlplane.client.agent.state.WithheldDeletions;
import dev.controlplane.client.agent.state.WorkerState;
import dev.controlplane.client.agent.state.WorkerStates;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;

/**
 * What an agent does to bring about what it was told, and what it does where that fails: it tries
 * again, or rejects the version. Run by the agent's working thread alone.
 */
final class AgentWork {
  private final RetryPolicy retry;
  private final AgentDirectory directory;
  private final AgentTasks tasks;
  private final WorkerStates states;
  private final AgentReports reports;
  private final AgentEvents events;
  private final WithheldDeletions withheld;
  private final VersionSwitch versions;

  AgentWork(AgentContext agent, Admission admission) {
    this.retry = agent.servers().retry();
    this.directory = agent.directory();
    this.tasks = agent.tasks();
    this.states = agent.states();
    this.reports = agent.reports();
    this.events = agent.events();
    this.withheld = agent.withheld();
    this.versions = new VersionSwitch(agent, admission);
  }

  /** The agent ends: a callback that fails from now on has not judged anything. */
  void end() {
    versions.end();
  }

  /**
   * Brings a task about, or says why not and puts it off.
   *
   * @throws LostDirectoryException when the directory is not the agent's any more
   */
  void attempt(AgentTask task) throws InterruptedException, LostDirectoryException {
    directory.requireOurs();
    try {
      perform(task);
      tasks.done();
    } catch (VersionSwitch.UndecidedException e) {
      postpone(task, e.code(), e.getMessage());
    } catch (InvalidNameException e) {
      reject(task, "invalid_name", e.getMessage());
    } catch (RefusedException e) {
      // A proxy that has no route yet says 404 as well, and knows nothing of versions.
      if (e.reason() == RefusedException.Reason.NOT_FOUND && e.isOfTheServer()) {
        reject(task, "not_found", e.getMessage());
      } else {
        postpone(task, "", e.getMessage());
      }
    } catch (DamagedException e) {
      postpone(task, "digest", e.getMessage());
    } catch (ControlPlaneException e) {
      postpone(task, "", e.getMessage());
    } catch (ClosedByInterruptException e) {
      throw new InterruptedException();
    } catch (IOException e) {
      directory.requireOurs();
      postpone(task, "disk", AgentDirectory.problem(e));
    }
  }

  private void postpone(AgentTask task, String code, String problem) {
    String trouble = code + problem;
    if (!trouble.equals(task.trouble())
        && !code.isEmpty()
        && task.target() instanceof AgentTask.Switch wanted) {
      // Rejected for now. With the update's own revision the server would not send it again, to an
      // agent that is started anew and knows of it no more.
      reports.rejected(
          task.worker(),
          wanted.version(),
          wanted.checksum(),
          Math.max(0, task.revision() - 1),
          code,
          problem);
    }
    if (task.problems().isNews(trouble)) {
      String version = task.target() == null ? "" : task.target().version();
      events.accept(
          new AgentEvent(
              AgentEvent.Kind.WAITING, task.worker(), version, task.revision(), code, problem));
    }
    Duration delay = retry.delay(task.failures() + 1);
    tasks.failed(trouble, System.nanoTime() + delay.toNanos());
  }

  /** For good: what was active stays so. */
  private void reject(AgentTask task, String code, String message) throws InterruptedException {
    if (task.target() instanceof AgentTask.Switch wanted && !wanted.checksum().isEmpty()) {
      try {
        versions.reject(
            task, states.of(task.worker()), wanted.version(), wanted.checksum(), code, message);
      } catch (ClosedByInterruptException e) {
        throw new InterruptedException();
      } catch (IOException e) {
        postpone(task, "disk", AgentDirectory.problem(e));
        return;
      }
    }
    // Else it was to follow one that was deleted, and is deleted itself: that is told next.
    tasks.done();
  }

  private void perform(AgentTask task)
      throws IOException, InterruptedException, VersionSwitch.UndecidedException {
    String worker = task.worker();
    for (String version : task.drops()) {
      drop(worker, version);
    }
    switch (task.target()) {
      case AgentTask.Switch wanted -> versions.make(task, wanted);
      case AgentTask.Removal _ -> {
        remove(worker);
        withheld.drop(worker);
      }
      case null -> {
        WorkerState state = states.get(worker);
        if (state != null) {
          states.save(state.dealtWith(task.revision(), task.generation()));
        }
      }
    }
  }

  private void drop(String worker, String version) throws IOException {
    WorkerState state = states.get(worker);
    if (state == null) {
      return;
    }
    if (state.isActive(version)) {
      states.put(state.activeDeleted());
    } else if (state.kept().stream().anyMatch(held -> held.version().equals(version))) {
      directory.remove(worker, version);
      states.put(state.without(version));
    }
  }

  private void remove(String worker) throws IOException {
    WorkerState state = states.get(worker);
    if (state == null) {
      return;
    }
    boolean was = directory.deactivate(worker);
    for (WorkerState.Held held : state.kept()) {
      directory.remove(worker, held.version());
    }
    directory.forget(worker);
    states.remove(worker);
    if (was) {
      events.accept(AgentEvent.of(AgentEvent.Kind.REMOVED, worker, "", 0));
    }
  }
}
