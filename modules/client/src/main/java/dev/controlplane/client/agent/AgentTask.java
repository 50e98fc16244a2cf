package dev.controlplane.client.agent;

import dev.controlplane.client.agent.state.WorkerState;
import dev.controlplane.client.stream.Update;
import java.util.HashSet;
import java.util.Set;

/**
 * What is left to do for one worker. There is at most one waiting task per worker, which later
 * updates change, so the number of waiting tasks is bounded by the number of workers. Not
 * thread-safe.
 */
final class AgentTask {
  /** The goal for the worker. */
  sealed interface Target {
    /** The version in events; empty for none. */
    String version();
  }

  /**
   * This version should become active.
   *
   * @param checksum empty if it must be requested
   * @param size -1 if unknown
   * @param code the bytes, if they came with the update; null if they must be downloaded
   * @param filePath path on the consumer-server; empty for the default path of the version
   * @param again whether to try it even if this version was rejected
   */
  record Switch(
      String version, String checksum, long size, Update.Code code, String filePath, boolean again)
      implements Target {
    static Switch to(Update update) {
      return new Switch(
          update.version(),
          update.checksum(),
          update.size(),
          update.inline() ? update.code() : null,
          update.filePath(),
          false);
    }

    static Switch to(String version) {
      return new Switch(version, "", -1, null, "", false);
    }

    static Switch to(WorkerState.Held held) {
      return new Switch(held.version(), held.checksum(), held.size(), null, "", false);
    }

    static Switch again(WorkerState.Rejection refused) {
      return new Switch(refused.version(), refused.checksum(), -1, null, "", true);
    }

    /** The same without the bytes, so they will be downloaded. */
    Switch light() {
      return new Switch(version, checksum, size, null, filePath, again);
    }

    int weight() {
      return code == null ? 0 : code.size();
    }
  }

  /** The worker should be removed. */
  record Removal() implements Target {
    @Override
    public String version() {
      return "";
    }
  }

  private final String worker;
  private final long order;
  private final String before;

  private final Set<String> drops = new HashSet<>();
  private Target target;
  private long revision;
  private long generation;
  private int failures;
  private long due;
  private String trouble = "";
  private LastingProblems problems = new LastingProblems();

  /**
   * Creates an empty task.
   *
   * @param order tasks run in this order
   * @param before the position before the update that created the task; null inside a snapshot,
   *     which can only be repeated as a whole
   */
  AgentTask(String worker, long order, String before, long due) {
    this.worker = worker;
    this.order = order;
    this.before = before;
    this.due = due;
  }

  /** Sets the goal for the worker, because of this update. */
  void aim(Target newTarget, long newRevision, long newGeneration) {
    target = newTarget;
    drops.remove(newTarget.version());
    at(newRevision, newGeneration);
  }

  /** Adds a version that is not needed any more, because of this update. */
  void drop(String version, long newRevision, long newGeneration) {
    drops.add(version);
    at(newRevision, newGeneration);
  }

  private void at(long newRevision, long newGeneration) {
    revision = newRevision;
    generation = newGeneration;
  }

  /** Merges a newer task for the same worker. */
  void absorb(AgentTask newer) {
    drops.addAll(newer.drops);
    if (newer.target != null) {
      target = newer.target;
      failures = newer.failures;
      due = newer.due;
      trouble = newer.trouble;
      problems = newer.problems;
    }
    if (target != null) {
      drops.remove(target.version());
    }
    at(newer.revision, newer.generation);
  }

  /** Records a failure and the time of the next attempt. */
  void failed(String newTrouble, long newDue) {
    failures++;
    trouble = newTrouble;
    due = newDue;
    if (target instanceof Switch wanted) {
      target = wanted.light();
    }
  }

  String worker() {
    return worker;
  }

  long order() {
    return order;
  }

  String before() {
    return before;
  }

  Set<String> drops() {
    return drops;
  }

  /** Null if there are only versions to drop. */
  Target target() {
    return target;
  }

  long revision() {
    return revision;
  }

  long generation() {
    return generation;
  }

  int failures() {
    return failures;
  }

  long due() {
    return due;
  }

  String trouble() {
    return trouble;
  }

  /** Remembers which problems were reported. */
  LastingProblems problems() {
    return problems;
  }
}
