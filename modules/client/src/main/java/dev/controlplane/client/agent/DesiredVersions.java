package dev.controlplane.client.agent;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What each worker should come to, as of the last update, and the tasks that bring it about. Of the
 * listening thread.
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

  /** From now on tasks have no position before them: a snapshot can only be begun again. */
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

  /** The version that the worker should come to; null where none is known. */
  String of(String worker) {
    return desired.get(worker);
  }

  /** The worker should come to this version, for which nothing has to be done. */
  void put(String worker, String version) {
    desired.put(worker, version);
  }

  /** The worker is to come to this version. */
  void aim(String worker, AgentTask.Switch target, long revision) {
    put(worker, target.version());
    restore(worker, target, revision);
  }

  /** The worker is to be brought to a version without being meant to stay there. */
  void restore(String worker, AgentTask.Switch target, long revision) {
    add(worker, task -> task.aim(target, revision, position.generation()));
  }

  /** The worker is to go. */
  void remove(String worker, long revision) {
    desired.remove(worker);
    add(worker, task -> task.aim(new AgentTask.Removal(), revision, position.generation()));
  }

  /** A version is not needed any more. */
  void drop(String worker, String version, long revision) {
    add(worker, task -> task.drop(version, revision, position.generation()));
  }

  private void add(String worker, Consumer<AgentTask> change) {
    tasks.add(worker, inSnapshot ? null : position.token(), change);
  }
}
