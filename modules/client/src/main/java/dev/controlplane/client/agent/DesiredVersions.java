package dev.controlplane.client.agent;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The version that each worker should have according to the last update, and the tasks to reach it.
 * Only the listening thread uses it.
 */
final class DesiredVersions {
  private final AgentTasks tasks;
  private final AgentPosition position;
  private final Map<String, String> desired = new HashMap<>();
  private boolean inSnapshot;

  DesiredVersions(AgentContext agent) {
    this.tasks = agent.tasks();
    this.position = agent.position();
  }

  /** From now on new tasks have no position, because a snapshot can only be repeated as a whole. */
  void beginSnapshot() {
    inSnapshot = true;
  }

  /** The snapshot is complete. */
  void endSnapshot() {
    inSnapshot = false;
  }

  boolean inSnapshot() {
    return inSnapshot;
  }

  /** Returns the version that the worker should have; null if unknown. */
  String of(String worker) {
    return desired.get(worker);
  }

  /** Records the version that the worker should have; nothing has to be done for it. */
  void put(String worker, String version) {
    desired.put(worker, version);
  }

  /** Records the version that the worker should have and adds the task for it. */
  void aim(String worker, AgentTask.Switch target, long revision) {
    put(worker, target.version());
    restore(worker, target, revision);
  }

  /** Adds a task for a version without recording it as the one that the worker should have. */
  void restore(String worker, AgentTask.Switch target, long revision) {
    add(worker, task -> task.aim(target, revision, position.generation()));
  }

  /** Adds a task that removes the worker. */
  void remove(String worker, long revision) {
    desired.remove(worker);
    add(worker, task -> task.aim(new AgentTask.Removal(), revision, position.generation()));
  }

  /** Adds a version that is not needed any more. */
  void drop(String worker, String version, long revision) {
    add(worker, task -> task.drop(version, revision, position.generation()));
  }

  private void add(String worker, Consumer<AgentTask> change) {
    tasks.add(worker, inSnapshot ? null : position.token(), change);
  }
}
