package dev.controlplane.client.agent.state;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The states of all workers of an agent. During the start the start writes it, later only the
 * working thread; any thread may read it.
 */
public final class WorkerStates {
  private final AgentNotes notes;
  private final Map<String, WorkerState> states = new ConcurrentHashMap<>();

  public WorkerStates(AgentNotes notes) {
    this.notes = notes;
  }

  /** Null if nothing is known about the worker. */
  public WorkerState get(String worker) {
    return states.get(worker);
  }

  /** The state of the worker; an empty one if nothing is known. */
  public WorkerState of(String worker) {
    return states.getOrDefault(worker, WorkerState.of(worker));
  }

  public Collection<WorkerState> all() {
    return List.copyOf(states.values());
  }

  /** Sets the state in memory only; the one on disk may be older. */
  public void put(WorkerState state) {
    states.put(state.worker(), state);
  }

  /** Sets the state and makes it durable. */
  public void save(WorkerState state) throws IOException {
    // Memory first: the state on disk may be older, but must not be newer.
    put(state);
    notes.save(state);
  }

  /** Removes the state of a worker that is gone. */
  public void remove(String worker) {
    states.remove(worker);
  }
}
