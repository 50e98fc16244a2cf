package dev.controlplane.client.agent.state;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What an agent knows of one worker; written down before and after each switch.
 *
 * <p>Revisions of one generation can be compared: the generation grows when the server could not go
 * on from where the agent was, which may be because its log is another.
 *
 * @param worker its name
 * @param desired the version that should be active, whether it is or not; empty when the worker is
 *     gone
 * @param revision the last update of the worker that was dealt with
 * @param generation of that revision
 * @param active what {@code current} names; null for none
 * @param kept what is on disk, or was about to be: the last activated first
 * @param rejection what was refused last; null for nothing
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
   * A version that is on disk.
   *
   * @param revision of the update that it came with last
   * @param deleted whether it only stays for as long as it is active
   */
  public record Held(
      String version, String checksum, long size, long revision, long generation, boolean deleted) {
    public boolean same(Held other) {
      return other != null && version.equals(other.version) && checksum.equals(other.checksum);
    }
  }

  /** A version that is not to be used. */
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

  /** The version may be on disk from now on; as one that was never active it is the last kept. */
  public WorkerState withCandidate(Held held) {
    if (kept.stream().anyMatch(held::same)) {
      return this;
    }
    List<Held> all = new ArrayList<>(kept);
    all.add(held);
    return new WorkerState(worker, desired, revision, generation, active, all, rejection);
  }

  /** The version is active, and nothing else of its name is there. */
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

  /** The active version is deleted, and goes when it is active no more. */
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

  /** What of the kept ones is too much: beyond so many, and the deleted ones. */
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
