package dev.controlplane.client.agent.state;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What an agent knows about one worker; noted before and after each switch. Immutable.
 *
 * <p>Revisions are comparable within one generation. The generation increases when the server could
 * not resume where the agent was, possibly because its log is another.
 *
 * @param worker the worker's name
 * @param desired the version that should be active, whether it is or not; empty if the worker is
 *     gone
 * @param revision the worker's last processed update
 * @param generation of that revision
 * @param active the version that {@code current} names; null for none
 * @param kept the versions that are on disk or were about to be, last activated first
 * @param rejection the last rejection; null for none
 */
public record WorkerState(
    String worker,
    String desired,
    long revision,
    long generation,
    Held active,
    List<Held> kept,
    Rejection rejection) {
  /**
   * A version on disk.
   *
   * @param revision of the last update that brought it
   * @param deleted whether it was deleted and stays only as long as it is active
   */
  public record Held(
      String version, String checksum, long size, long revision, long generation, boolean deleted) {
    public boolean same(Held other) {
      return other != null && version.equals(other.version) && checksum.equals(other.checksum);
    }
  }

  /** A rejected version. */
  public record Rejection(
      String version,
      String checksum,
      long revision,
      long generation,
      String code,
      String message) {}

  public WorkerState {
    kept = kept == null ? List.of() : List.copyOf(kept);
  }

  static WorkerState of(String worker) {
    return new WorkerState(worker, "", 0, 0, null, List.of(), null);
  }

  public WorkerState desiring(String version) {
    return new WorkerState(worker, version, revision, generation, active, kept, rejection);
  }

  public WorkerState dealtWith(long newRevision, long newGeneration) {
    return new WorkerState(worker, desired, newRevision, newGeneration, active, kept, rejection);
  }

  public WorkerState rejecting(Rejection refused) {
    return new WorkerState(worker, desired, revision, generation, active, kept, refused);
  }

  /** Adds a version that may be on disk from now on. It was never active, so it comes last. */
  public WorkerState withCandidate(Held held) {
    if (kept.stream().anyMatch(held::same)) {
      return this;
    }
    List<Held> all = new ArrayList<>(kept);
    all.add(held);
    return new WorkerState(worker, desired, revision, generation, active, all, rejection);
  }

  /** Makes the version active, and drops other bytes of the same name. */
  public WorkerState activating(Held held) {
    List<Held> all = new ArrayList<>();
    all.add(held);
    kept.stream().filter(other -> !other.version.equals(held.version)).forEach(all::add);
    return new WorkerState(worker, desired, revision, generation, held, all, null);
  }

  public WorkerState withoutActive() {
    return new WorkerState(worker, desired, revision, generation, null, kept, rejection);
  }

  public WorkerState without(String version) {
    List<Held> rest = kept.stream().filter(held -> !held.version.equals(version)).toList();
    return new WorkerState(worker, desired, revision, generation, active, rest, rejection);
  }

  /** Marks the active version as deleted, so that it is removed when it is not active any more. */
  public WorkerState activeDeleted() {
    Held marked =
        new Held(
            active.version, active.checksum, active.size, active.revision, active.generation, true);
    List<Held> all = kept.stream().map(held -> held.same(active) ? marked : held).toList();
    return new WorkerState(worker, desired, revision, generation, marked, all, rejection);
  }

  public boolean isActive(String version) {
    return active != null && active.version.equals(version);
  }

  /** The versions that may be removed: those beyond the number to keep, and deleted ones. */
  public List<Held> superfluous(int keep) {
    List<Held> rest = new ArrayList<>();
    int room = keep;
    for (Held held : kept) {
      if (held.same(active)) {
        room--;
      } else if (held.deleted || room <= 0) {
        rest.add(held);
      } else {
        room--;
      }
    }
    return rest;
  }

  public Optional<Held> keptAs(String version, String checksum) {
    return kept.stream()
        .filter(held -> held.version.equals(version) && held.checksum.equals(checksum))
        .findFirst();
  }
}
