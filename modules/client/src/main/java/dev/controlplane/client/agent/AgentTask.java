package dev.controlplane.client.agent;

import dev.controlplane.client.agent.state.WorkerState;
import dev.controlplane.client.stream.Update;
import java.util.HashSet;
import java.util.Set;

/**
 * What is to be done for one worker; there is one at a time, and later updates change it, so that
 * what waits is bounded by the number of workers.
 */
final class AgentTask {
  /** What the worker should come to. */
  sealed interface Target {
    /** What it is called in events; empty for none. */
    String version();
  }

  /**
   * This version should be active.
   *
   * @param checksum empty where it has to be asked for
   * @param size -1 where it is not known
   * @param code the bytes, where they came along; null where they are fetched
   * @param filePath where they are; empty: where versions are
   * @param again also if this very version was rejected
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

    /** The same without the bytes, which are fetched then. */
    Switch light() {
      return new Switch(version, checksum, size, null, filePath, again);
    }

    int weight() {
      return code == null ? 0 : code.size();
    }
  }

  /** The worker is gone. */
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
   * A task of which nothing is known yet.
   *
   * @param order tasks are done in this order
   * @param before the position before the update that it began with; null within a snapshot, which
   *     can only be begun again
   */
  AgentTask(String worker, long order, String before, long due) {
    this.worker = worker;
    this.order = order;
    this.before = before;
    this.due = due;
  }

  /** The worker is to come to this, by this update. */
  void aim(Target newTarget, long newRevision, long newGeneration) {
    target = newTarget;
    drops.remove(newTarget.version());
    at(newRevision, newGeneration);
  }

  /** A version is not needed any more, by this update. */
  void drop(String version, long newRevision, long newGeneration) {
    drops.add(version);
    at(newRevision, newGeneration);
  }

  private void at(long newRevision, long newGeneration) {
    revision = newRevision;
    generation = newGeneration;
  }

  /** Takes up what has come since it was begun. */
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

  /** It failed, and is due again then. */
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

  /** Null where there is nothing but drops. */
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

  /** Which troubles were told. */
  LastingProblems problems() {
    return problems;
  }
}
