package dev.controlplane.client.agent;

import dev.controlplane.client.InvalidNameException;
import dev.controlplane.client.agent.state.AgentDirectory;
import dev.controlplane.client.agent.state.AgentNotes;
import dev.controlplane.client.agent.state.WorkerState;
import dev.controlplane.client.agent.state.WorkerStates;
import java.io.IOException;

/**
 * The start of an agent: verifies the active versions and determines where to resume. A damaged
 * version is replaced by another intact one, if there is one.
 */
final class AgentStart {
  private final AgentSettings settings;
  private final AgentDirectory directory;
  private final WorkerStates states;
  private final AgentPosition position;
  private final AgentEvents events;
  private final DesiredVersions desired;

  AgentStart(AgentContext agent, DesiredVersions desired) {
    this.settings = agent.settings();
    this.directory = agent.directory();
    this.states = agent.states();
    this.position = agent.position();
    this.events = agent.events();
    this.desired = desired;
  }

  /** Verifies all workers and sets the position. */
  void run() throws IOException {
    AgentNotes.Position last = directory.notes().position();
    boolean trusted =
        last != null
            && last.consumerId().equals(settings.consumerId())
            && last.workers().equals(settings.workers());
    position.begin(last);
    for (WorkerState state : directory.notes().states().values()) {
      position.seen(state.generation());
      if (settings.workers().isEmpty() || settings.workers().contains(state.worker())) {
        trusted &= verified(state);
      }
    }
    if (trusted) {
      position.resume(last.token());
    } else {
      position.nextGeneration();
    }
  }

  /**
   * Verifies a worker and falls back to an intact version if necessary. Returns whether the version
   * was intact and nothing is left to do for the worker.
   */
  private boolean verified(WorkerState state) {
    String worker = state.worker();
    try {
      String current = directory.current(worker);
      for (WorkerState.Held held : state.kept()) {
        if (held.version().equals(current) && directory.holds(worker, held)) {
          WorkerState whole = state.activating(held);
          // The rejection happened before the switch, so it is kept.
          states.put(state.rejection() == null ? whole : whole.rejecting(state.rejection()));
          desired.put(worker, state.desired());
          events.accept(AgentEvent.of(AgentEvent.Kind.FOUND, worker, current, held.revision()));
          return settled(states.get(worker));
        }
      }
      if (current.isEmpty() && state.active() == null) {
        states.put(state);
        desired.put(worker, state.desired());
        return settled(state);
      }
      events.accept(
          new AgentEvent(
              AgentEvent.Kind.DAMAGED,
              worker,
              current,
              0,
              "",
              current.isEmpty() ? "current is missing" : "its bytes are not those it was given"));
      fallBack(state, current);
    } catch (IOException e) {
      states.put(state.withoutActive());
      events.accept(
          new AgentEvent(
              AgentEvent.Kind.DAMAGED, worker, "", 0, "disk", AgentDirectory.problem(e)));
    } catch (InvalidNameException e) {
      states.put(state.withoutActive());
      events.accept(
          new AgentEvent(AgentEvent.Kind.DAMAGED, worker, "", 0, "invalid_name", e.getMessage()));
    }
    return false;
  }

  /** Whether nothing is left to do that only a comparison with the server would reveal. */
  private static boolean settled(WorkerState state) {
    boolean refused =
        state.rejection() != null && state.rejection().version().equals(state.desired());
    return refused || state.isActive(state.desired());
  }

  private void fallBack(WorkerState state, String damaged) throws IOException {
    String worker = state.worker();
    states.put(state.withoutActive());
    if (damaged.isEmpty()) {
      return;
    }
    for (WorkerState.Held held : state.kept()) {
      if (!held.deleted() && !held.version().equals(damaged) && directory.holds(worker, held)) {
        directory.activate(worker, held.version());
        states.put(state.activating(held));
        events.accept(
            new AgentEvent(
                AgentEvent.Kind.FOUND,
                worker,
                held.version(),
                held.revision(),
                "",
                "active in place of " + damaged));
        return;
      }
    }
    directory.deactivate(worker);
  }
}
