package dev.controlplane.client;

import dev.controlplane.proto.ReportedState;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What an agent does to bring about what it was told: fetches a version, has it admitted, switches
 * to it, removes what is not wanted any more, and reports. Run by the agent's working thread alone.
 */
final class AgentWork {
  private final ControlPlaneClient client;
  private final AgentDirectory directory;
  private final Admission admission;
  private final int keep;
  private final AgentTasks tasks;
  private final Map<String, WorkerState> states;
  private final AgentReports reports;
  private final Consumer<AgentEvent> events;
  private final WithheldDeletions withheld;
  private volatile boolean ending;

  /**
   * Work of which nothing has begun.
   *
   * @param keep versions of a worker that stay here
   * @param states what is here of each worker; written by the work alone once it has begun
   */
  AgentWork(
      ControlPlaneClient client,
      AgentDirectory directory,
      Admission admission,
      int keep,
      AgentTasks tasks,
      Map<String, WorkerState> states,
      AgentReports reports,
      Consumer<AgentEvent> events,
      WithheldDeletions withheld) {
    this.withheld = withheld;
    this.client = client;
    this.directory = directory;
    this.admission = admission;
    this.keep = keep;
    this.tasks = tasks;
    this.states = states;
    this.reports = reports;
    this.events = events;
  }

  /** The agent ends: a callback that fails from now on has not judged anything. */
  void end() {
    ending = true;
  }

  /** Brings a task about, or says why not and puts it off. */
  void attempt(AgentTask task) throws InterruptedException {
    try {
      perform(task);
      tasks.done();
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
      postpone(task, "disk", AgentDirectory.problem(e));
    }
  }

  private void postpone(AgentTask task, String code, String problem) {
    String trouble = code + problem;
    if (!trouble.equals(task.trouble())) {
      if (!code.isEmpty() && task.target() instanceof AgentTask.Switch wanted) {
        // Rejected for now. With the update's own revision the server would not send it again, to
        // an agent that is started anew and knows of it no more.
        reports.rejected(
            task.worker(),
            wanted.version(),
            wanted.checksum(),
            Math.max(0, task.revision() - 1),
            code,
            problem);
      }
      String version = task.target() == null ? "" : task.target().version();
      events.accept(
          new AgentEvent(
              AgentEvent.Kind.WAITING, task.worker(), version, task.revision(), code, problem));
    }
    Duration delay = client.retry().delay(task.failures() + 1);
    tasks.failed(trouble, System.nanoTime() + delay.toNanos());
  }

  /** For good: what was active stays so. */
  private void reject(AgentTask task, String code, String message) throws InterruptedException {
    if (task.target() instanceof AgentTask.Switch wanted && !wanted.checksum().isEmpty()) {
      try {
        reject(task, stateOf(task.worker()), wanted.version(), wanted.checksum(), code, message);
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

  private WorkerState stateOf(String worker) {
    return states.getOrDefault(worker, WorkerState.of(worker));
  }

  private void perform(AgentTask task) throws IOException, InterruptedException {
    String worker = task.worker();
    for (String version : task.drops()) {
      drop(worker, version);
    }
    switch (task.target()) {
      case AgentTask.Switch wanted -> make(task, wanted);
      case AgentTask.Removal _ -> {
        remove(worker);
        withheld.drop(worker);
      }
      case null -> {
        WorkerState state = states.get(worker);
        if (state != null) {
          save(state.dealtWith(task.revision(), task.generation()));
        }
      }
    }
  }

  private void save(WorkerState state) throws IOException {
    // First here: what is on disk may be older, but must not be newer.
    states.put(state.worker(), state);
    directory.save(state);
  }

  private void drop(String worker, String version) throws IOException {
    WorkerState state = states.get(worker);
    if (state == null) {
      return;
    }
    if (state.isActive(version)) {
      states.put(worker, state.activeDeleted());
    } else if (state.kept().stream().anyMatch(held -> held.version().equals(version))) {
      directory.remove(worker, version);
      states.put(worker, state.without(version));
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

  /** Brings the version on disk, shows it, and switches to it. */
  private void make(AgentTask task, AgentTask.Switch wanted)
      throws IOException, InterruptedException {
    String worker = task.worker();
    String version = wanted.version();
    WorkerState state = stateOf(worker).desiring(version);
    String checksum = wanted.checksum().isEmpty() ? known(state, task, version) : wanted.checksum();
    if (state.isActive(version) && state.active().checksum().equals(checksum)) {
      WorkerState.Held again = held(task, version, checksum, state.active().size());
      save(pruned(state.activating(again).dealtWith(task.revision(), task.generation())));
      reports.report(task.worker(), again, task.revision(), ReportedState.ACTIVE);
      return;
    }
    WorkerState.Rejection before = state.rejection();
    if (before != null
        && before.version().equals(version)
        && before.checksum().equals(checksum)
        && before.revision() == task.revision()
        && before.generation() == task.generation()) {
      save(state.dealtWith(task.revision(), task.generation()));
      reports.rejected(worker, before);
      return;
    }
    directory.prepare(worker, version);
    Optional<WorkerState.Held> kept = state.keptAs(version, checksum);
    if (kept.isPresent() && directory.holds(worker, kept.get())) {
      WorkerState.Held held = held(task, version, checksum, kept.get().size());
      reports.report(task.worker(), held, task.revision(), ReportedState.VERIFIED);
      if (admitted(task, state, held, directory.file(worker, version))) {
        directory.activate(worker, version);
        activated(task, state, held);
      }
      return;
    }
    WorkerState.Held held;
    Path part;
    // Closed before anybody else sees the file: what is open for writing can be neither executed
    // nor locked by others.
    try (KeptPart open = directory.keptPart(worker, checksum)) {
      held = fetch(task, wanted, open);
      open.sync();
      part = open.path();
    }
    reports.report(task.worker(), held, task.revision(), ReportedState.RECEIVED);
    reports.report(task.worker(), held, task.revision(), ReportedState.VERIFIED);
    // Written down before it has its name: current never names what can't be verified.
    WorkerState ready = state.withCandidate(held);
    save(ready);
    if (state.isActive(version)) {
      // Other bytes under the same name, of another log: giving them their name is the switch.
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

  private static WorkerState.Held held(AgentTask task, String version, String checksum, long size) {
    return new WorkerState.Held(version, checksum, size, task.revision(), task.generation(), false);
  }

  /** The digest of a version that only its name was told of; empty where it is not here. */
  private static String known(WorkerState state, AgentTask task, String version) {
    return state.kept().stream()
        .filter(held -> held.version().equals(version) && held.generation() == task.generation())
        .map(WorkerState.Held::checksum)
        .findFirst()
        .orElse("");
  }

  private WorkerState.Held fetch(AgentTask task, AgentTask.Switch wanted, KeptPart part)
      throws IOException, InterruptedException {
    try {
      return fetched(task, wanted, part);
    } catch (DamagedException e) {
      part.restart();
      throw e;
    }
  }

  private WorkerState.Held fetched(AgentTask task, AgentTask.Switch wanted, KeptPart part)
      throws IOException, InterruptedException {
    String worker = task.worker();
    if (wanted.code() != null) {
      part.restart();
      String actual = VersionDirectory.copy(wanted.code(), part);
      if (!actual.equals(wanted.checksum())) {
        throw new DamagedException(
            Server.GRPC,
            "update %d, %s %s".formatted(task.revision(), worker, wanted.version()),
            wanted.checksum(),
            actual);
      }
      return held(task, wanted.version(), actual, wanted.code().size());
    }
    if (!wanted.checksum().isEmpty() && part.isWhole(wanted.size(), wanted.checksum())) {
      return held(task, wanted.version(), wanted.checksum(), wanted.size());
    }
    if (!wanted.filePath().isEmpty()) {
      client.fetching().fetch(worker, wanted.filePath(), wanted.checksum(), part);
      return held(task, wanted.version(), wanted.checksum(), wanted.size());
    }
    Downloaded downloaded =
        client.fetching().download(worker, wanted.version(), part, Progress.NONE);
    if (!wanted.checksum().isEmpty() && !downloaded.checksum().equals(wanted.checksum())) {
      throw new DamagedException(
          Server.CONSUMER,
          "%s %s".formatted(worker, wanted.version()),
          wanted.checksum(),
          downloaded.checksum());
    }
    return held(task, wanted.version(), downloaded.checksum(), downloaded.size());
  }

  /** Whether the version may be used; if not, that is dealt with. */
  private boolean admitted(AgentTask task, WorkerState state, WorkerState.Held held, Path file)
      throws IOException, InterruptedException {
    try {
      admission.admit(
          new Candidate(task.worker(), held.version(), file, held.checksum(), task.revision()));
      return true;
    } catch (RejectedException e) {
      requireNotEnding();
      String message = e.getMessage() == null ? "" : e.getMessage();
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

  private void reject(
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
    // Durable before it is reported: the server will not send this version again.
    save(rest.desiring(version).rejecting(rejection).dealtWith(task.revision(), task.generation()));
    reports.rejected(task.worker(), rejection);
    events.accept(AgentEvent.rejected(task.worker(), rejection));
  }

  /** The version is active; what is written down of it follows. */
  private void activated(AgentTask task, WorkerState before, WorkerState.Held held)
      throws IOException {
    WorkerState state = before.activating(held).dealtWith(task.revision(), task.generation());
    states.put(task.worker(), state);
    reports.report(task.worker(), held, task.revision(), ReportedState.ACTIVE);
    events.accept(
        AgentEvent.of(AgentEvent.Kind.ACTIVE, task.worker(), held.version(), task.revision()));
    save(pruned(state));
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
