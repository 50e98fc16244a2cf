package dev.controlplane.client.agent;

import dev.controlplane.client.agent.admission.Admission;
import dev.controlplane.client.agent.admission.Candidate;
import dev.controlplane.client.agent.admission.RejectedException;
import dev.controlplane.client.agent.state.AgentDirectory;
import dev.controlplane.client.agent.state.WorkerState;
import dev.controlplane.client.agent.state.WorkerStates;
import dev.controlplane.client.files.PartFile;
import dev.controlplane.proto.ReportedState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Switches a worker to a version: obtains it, asks the admission, makes it active, removes versions
 * that are not needed any more, and reports. Only the working thread uses it.
 */
final class VersionSwitch {
  /**
   * How often an admission that does not decide is asked; takes half a minute with the default
   * pauses.
   */
  private static final int TRIES = 8;

  private final AgentDirectory directory;
  private final VersionSource source;
  private final Admission admission;
  private final int keep;
  private final WorkerStates states;
  private final AgentReports reports;
  private final AgentEvents events;
  private volatile boolean ending;

  /** The admission did not decide, so the version must be tried again. */
  @SuppressWarnings("serial") // never leaves the agent
  static final class UndecidedException extends Exception {
    private final String code;

    private UndecidedException(String code, String message) {
      super(message);
      this.code = code;
    }

    String code() {
      return code;
    }
  }

  VersionSwitch(AgentContext agent, Admission admission) {
    this.directory = agent.directory();
    this.source = new VersionSource(agent.servers().fetching());
    this.admission = admission;
    this.keep = agent.settings().keep();
    this.states = agent.states();
    this.reports = agent.reports();
    this.events = agent.events();
  }

  /** The agent is ending: a callback that fails from now on is not a verdict. */
  void end() {
    ending = true;
  }

  /** Obtains the version, asks the admission, and makes the version active. */
  void make(AgentTask task, AgentTask.Switch wanted)
      throws IOException, InterruptedException, UndecidedException {
    String worker = task.worker();
    String version = wanted.version();
    WorkerState state = states.of(worker).desiring(version);
    String checksum = wanted.checksum().isEmpty() ? known(state, task, version) : wanted.checksum();
    if (state.isActive(version) && state.active().checksum().equals(checksum)) {
      WorkerState.Held again = VersionSource.held(task, version, checksum, state.active().size());
      states.save(pruned(state.activating(again).dealtWith(task.revision(), task.generation())));
      reports.report(task.worker(), again, task.revision(), ReportedState.ACTIVE);
      return;
    }
    WorkerState.Rejection before = state.rejection();
    if (before != null
        && !wanted.again()
        && before.version().equals(version)
        && before.checksum().equals(checksum)
        && before.revision() == task.revision()
        && before.generation() == task.generation()) {
      states.save(state.dealtWith(task.revision(), task.generation()));
      reports.rejected(worker, before);
      return;
    }
    directory.prepare(worker, version);
    Optional<WorkerState.Held> kept = state.keptAs(version, checksum);
    if (kept.isPresent() && directory.holds(worker, kept.get())) {
      WorkerState.Held held = VersionSource.held(task, version, checksum, kept.get().size());
      reports.report(task.worker(), held, task.revision(), ReportedState.VERIFIED);
      if (admitted(task, state, held, directory.file(worker, version))) {
        directory.activate(worker, version);
        activated(task, state, held);
      }
      return;
    }
    WorkerState.Held held;
    Path part;
    // Closed before anybody else sees the file: a file that is open for writing can neither be
    // executed nor locked by others.
    try (PartFile open = directory.parts().open(worker, checksum)) {
      held = source.fetch(task, wanted, open);
      open.sync();
      part = open.path();
    }
    reports.report(task.worker(), held, task.revision(), ReportedState.RECEIVED);
    reports.report(task.worker(), held, task.revision(), ReportedState.VERIFIED);
    // Noted before the file gets its name, so that current never names an unverifiable version.
    WorkerState ready = state.withCandidate(held);
    states.save(ready);
    if (state.isActive(version)) {
      // Other bytes with the same name, from another log: renaming the file is the switch.
      if (admitted(task, ready, held, part)) {
        directory.publish(part, worker, version);
        activated(task, ready, held);
      } else {
        Files.deleteIfExists(part);
      }
    } else {
      directory.publish(part, worker, version);
      if (admitted(task, ready, held, directory.file(worker, version))) {
        directory.activate(worker, version);
        activated(task, ready, held);
      }
    }
  }

  /** The digest of a version of which only the name is known; empty if it is not on disk. */
  private static String known(WorkerState state, AgentTask task, String version) {
    return state.kept().stream()
        .filter(held -> held.version().equals(version) && held.generation() == task.generation())
        .map(WorkerState.Held::checksum)
        .findFirst()
        .orElse("");
  }

  /** Asks the admission. If it returns false, the version was rejected here. */
  private boolean admitted(AgentTask task, WorkerState state, WorkerState.Held held, Path file)
      throws IOException, InterruptedException, UndecidedException {
    try {
      admission.admit(
          new Candidate(task.worker(), held.version(), file, held.checksum(), task.revision()));
      return true;
    } catch (RejectedException e) {
      requireNotEnding();
      String message = e.getMessage() == null ? "" : e.getMessage();
      if (e.isUndecided() && task.failures() + 1 < TRIES) {
        throw new UndecidedException(e.code(), message);
      }
      reject(task, state, held.version(), held.checksum(), e.code(), message);
    } catch (RuntimeException e) {
      requireNotEnding();
      reject(task, state, held.version(), held.checksum(), "failed", e.toString());
    }
    return false;
  }

  private void requireNotEnding() throws InterruptedException {
    if (ending || Thread.currentThread().isInterrupted()) {
      throw new InterruptedException();
    }
  }

  /** Rejects a version permanently; the active one stays so. */
  void reject(
      AgentTask task,
      WorkerState state,
      String version,
      String checksum,
      String code,
      String message)
      throws IOException {
    WorkerState.Rejection rejection =
        new WorkerState.Rejection(
            version,
            checksum,
            task.revision(),
            task.generation(),
            AgentReports.code(code),
            AgentReports.message(message));
    WorkerState rest = state;
    if (!state.isActive(version)) {
      directory.remove(task.worker(), version);
      rest = state.without(version);
    }
    // Durable before it is reported, because the server will not send this version again.
    states.save(
        rest.desiring(version).rejecting(rejection).dealtWith(task.revision(), task.generation()));
    reports.rejected(task.worker(), rejection);
    events.accept(AgentEvent.rejected(task.worker(), rejection));
  }

  /** The version is active; notes, reports and clean-up follow. */
  private void activated(AgentTask task, WorkerState before, WorkerState.Held held)
      throws IOException {
    WorkerState state = before.activating(held).dealtWith(task.revision(), task.generation());
    states.put(state);
    reports.report(task.worker(), held, task.revision(), ReportedState.ACTIVE);
    events.accept(
        AgentEvent.of(AgentEvent.Kind.ACTIVE, task.worker(), held.version(), task.revision()));
    states.save(pruned(state));
  }

  private WorkerState pruned(WorkerState state) throws IOException {
    WorkerState rest = state;
    for (WorkerState.Held held : state.superfluous(keep)) {
      directory.remove(state.worker(), held.version());
      rest = rest.without(held.version());
    }
    return rest;
  }
}
