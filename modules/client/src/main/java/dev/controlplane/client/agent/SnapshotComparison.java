package dev.controlplane.client.agent;

import dev.controlplane.client.agent.state.Withheld;
import dev.controlplane.client.agent.state.WithheldDeletions;
import dev.controlplane.client.agent.state.WorkerState;
import dev.controlplane.client.agent.state.WorkerStates;
import dev.controlplane.client.stream.SubscriptionListener;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Compares a snapshot with the agent's state: determines which workers are up to date and which are
 * gone, and carries out or withholds the resulting deletions. Only the listening thread uses it.
 */
final class SnapshotComparison {
  /** The most bytes in {@code held}: a server accepts requests of 4 MiB. */
  private static final int MOST_HELD_BYTES = 3 * 1024 * 1024;

  private final AgentSettings settings;
  private final WorkerStates states;
  private final AgentPosition position;
  private final AgentReports reports;
  private final AgentEvents events;
  private final WithheldDeletions withheld;
  private final DesiredVersions desired;

  /** The active versions that the server was told about. */
  private Map<String, WorkerState.Held> told = Map.of();

  /** Versions that were active when the server compared, but are not any more. */
  private final Map<String, WorkerState.Held> stale = new HashMap<>();

  private final Set<String> named = new HashSet<>();

  /** Workers that are gone according to the snapshot, with the revision of that information. */
  private final Map<String, Long> gone = new HashMap<>();

  /** Whether the snapshot is of a log that was not followed before. */
  private boolean newLog;

  private boolean differencesOnly;

  SnapshotComparison(AgentContext agent, DesiredVersions desired) {
    this.settings = agent.settings();
    this.states = agent.states();
    this.position = agent.position();
    this.reports = agent.reports();
    this.events = agent.events();
    this.withheld = agent.withheld();
    this.desired = desired;
  }

  /** See {@link SubscriptionListener#held}. */
  Map<String, String> held() {
    Map<String, WorkerState.Held> active = new LinkedHashMap<>();
    Map<String, String> held = new LinkedHashMap<>();
    long bytes = 0;
    for (WorkerState state : states.all()) {
      if (state.active() != null) {
        active.put(state.worker(), state.active());
        held.put(state.worker(), state.active().checksum());
        bytes += 3L * state.worker().length() + state.active().checksum().length() + 8;
      }
    }
    if (bytes > MOST_HELD_BYTES) {
      held.clear();
    }
    told = held.isEmpty() ? Map.of() : active;
    if (position.token().isEmpty()) {
      begin();
    }
    return held;
  }

  private void begin() {
    desired.beginSnapshot();
    differencesOnly = !told.isEmpty();
    named.clear();
    gone.clear();
    stale.clear();
  }

  /** The next snapshot is of a log that was not followed before. */
  void expectNewLog(String reason) throws NewLogException {
    requireFollowing(reason);
    newLog = true;
  }

  /** The server can't resume and begins a snapshot. */
  void resync() {
    begin();
    told.forEach(
        (worker, held) -> {
          WorkerState state = states.get(worker);
          if (state == null || !held.same(state.active())) {
            stale.put(worker, held);
          }
        });
  }

  /** The snapshot contains this worker. */
  void name(String worker) {
    named.add(worker);
  }

  /** The snapshot has a version of this worker. */
  void present(String worker) {
    gone.remove(worker);
  }

  /** The snapshot says that this worker is gone. */
  void absent(String worker, long revision) {
    gone.put(worker, revision);
  }

  /** The snapshot is complete: carries out, or withholds, what follows from it. */
  void complete(long revision, String log) throws IOException {
    for (WorkerState state : states.all()) {
      if (!named.contains(state.worker())) {
        unnamed(state.worker(), state, revision);
      }
    }
    decide(revision, log);
    desired.endSnapshot();
    newLog = false;
    named.clear();
    gone.clear();
    stale.clear();
  }

  /** Carries out the snapshot's deletions, or withholds them. */
  private void decide(long revision, String log) throws IOException {
    boolean another = newLog || isAnother(revision, log);
    if (another) {
      requireFollowing("it has another id, or was restored to an older state");
    }
    Set<String> active = new HashSet<>();
    for (WorkerState state : states.all()) {
      if (state.active() != null && !withheld.contains(state.worker())) {
        active.add(state.worker());
      }
    }
    List<String> fresh = gone.keySet().stream().filter(active::contains).sorted().toList();
    Withheld.Reason reason = null;
    if (another && settings.newLog() == NewLog.KEEP) {
      reason = Withheld.Reason.NEW_LOG;
    } else if (WithheldDeletions.tooMany(fresh.size(), active.size(), settings.maxDelete())) {
      reason = Withheld.Reason.MAX_DELETE;
    }
    List<Withheld> more = new ArrayList<>();
    if (reason != null) {
      for (String worker : fresh) {
        more.add(Withheld.now(worker, states.get(worker).active().version(), reason));
      }
    }
    withheld.follow(log.isEmpty() ? withheld.log() : log, more);
    Set<String> confirmed = new HashSet<>();
    Set<String> kept = new HashSet<>();
    for (Withheld one : withheld.list()) {
      (one.confirmed() ? confirmed : kept).add(one.worker());
    }
    for (Map.Entry<String, Long> one : gone.entrySet()) {
      if (!kept.contains(one.getKey()) || confirmed.contains(one.getKey())) {
        desired.remove(one.getKey(), one.getValue());
      }
    }
    if (!more.isEmpty()) {
      more.forEach(one -> events.accept(AgentEvent.withheld(one)));
      // Reported to the server too, with the workers that it knows.
      reports.again(states.all(), position.generation());
    }
  }

  /** Whether a snapshot that came without RESYNC is of a log other than the one followed before. */
  private boolean isAnother(long revision, String log) {
    if (revision < position.revision()) {
      return true;
    }
    if (log.isEmpty()) {
      return false;
    }
    // A new agent has followed no log and has nothing that could be deleted.
    return withheld.log().isEmpty() ? !told.isEmpty() : !log.equals(withheld.log());
  }

  /**
   * Processes a worker that the snapshot does not contain. It is as the server was told, or it is
   * gone; or it was left out because it was rejected here.
   */
  private void unnamed(String worker, WorkerState state, long revision) throws IOException {
    WorkerState.Rejection refused = state.rejection();
    boolean leftOut = refused != null && refused.version().equals(desired.of(worker));
    WorkerState.Held compared = stale.getOrDefault(worker, state.active());
    if (!differencesOnly || compared == null) {
      if (!leftOut) {
        gone.put(worker, revision);
      }
      return;
    }
    withheld.drop(worker);
    if (!leftOut) {
      desired.put(worker, compared.version());
    }
    if (stale.containsKey(worker)) {
      desired.restore(worker, AgentTask.Switch.to(compared), revision);
    }
  }

  private void requireFollowing(String reason) throws NewLogException {
    boolean any = states.all().stream().anyMatch(state -> state.active() != null);
    if (settings.newLog() == NewLog.STOP && any) {
      throw new NewLogException(reason);
    }
  }
}
