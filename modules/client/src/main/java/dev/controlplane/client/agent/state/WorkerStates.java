package dev.controlplane.client.agent.state;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What an agent knows of each worker that it has. The start writes it, and after that the working
 * thread alone; any thread reads it.
 */
public final class WorkerStates {
  private final AgentNotes notes;
  private final Map<String, WorkerState> states = new ConcurrentHashMap<>();

  public WorkerStates(AgentNotes notes) {
    this.notes = notes;
  }

  /** Null where nothing is known of the worker. */
  public WorkerState get(String worker) {
    return states.get(worker);
  }

  /** A worker of which nothing is known has nothing. */
  public WorkerState of(String worker) {
    return states.getOrDefault(worker, WorkerState.of(worker));
  }

  public Collection<WorkerState> all() {
    return List.copyOf(states.values());
  }

  /** What is known now; what is on disk may be older. */
  public void put(WorkerState state) {
    states.put(state.worker(), state);
  }

  /** What is known now, made durable. */
  public void save(WorkerState state) throws IOException {
    // First here: what is on disk may be older, but must not be newer.
    put(state);
    notes.save(state);
  }

  /** The worker is gone. */
  public void remove(String worker) {
    states.remove(worker);
  }
}
