package dev.controlplane.client.agent;

import dev.controlplane.client.InvalidNameException;
import dev.controlplane.client.Names;
import dev.controlplane.client.agent.state.AgentDirectory;
import dev.controlplane.client.agent.state.WithheldDeletions;
import dev.controlplane.client.agent.state.WorkerState;
import dev.controlplane.client.agent.state.WorkerStates;
import dev.controlplane.client.stream.Reporter;
import dev.controlplane.client.stream.SubscriptionListener;
import dev.controlplane.client.stream.Update;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/**
 * Receives updates and records which version each worker should have. It runs on the listening
 * thread, which waits for no download and no command.
 */
final class AgentListener implements SubscriptionListener {
  private final Reporter reporter;
  private final boolean takesAll;
  private final WorkerStates states;
  private final AgentTasks tasks;
  private final AgentPosition position;
  private final AgentReports reports;
  private final AgentEvents events;
  private final WithheldDeletions withheld;
  private final DesiredVersions desired;
  private final SnapshotComparison snapshot;
  private final SnapshotCompletion completion;
  private final ConnectionNotes connection;

  AgentListener(
      AgentContext agent,
      Reporter reporter,
      DesiredVersions desired,
      SnapshotCompletion completion,
      ConnectionNotes connection) {
    this.reporter = reporter;
    this.takesAll = agent.settings().workers().isEmpty();
    this.states = agent.states();
    this.tasks = agent.tasks();
    this.position = agent.position();
    this.reports = agent.reports();
    this.events = agent.events();
    this.withheld = agent.withheld();
    this.desired = desired;
    this.snapshot = new SnapshotComparison(agent, desired);
    this.completion = completion;
    this.connection = connection;
  }

  @Override
  public Map<String, String> held() {
    return snapshot.held();
  }

  @Override
  public void onSubscribed() {
    reporter.start();
    connection.connected();
  }

  @Override
  public void onDisconnected(String reason, Duration retryIn) {
    connection.disconnected(reason, retryIn);
  }

  @Override
  public void onResync(String reason, boolean sameLog) throws IOException, InterruptedException {
    if (!sameLog) {
      snapshot.expectNewLog(reason);
    }
    position.lose();
    completion.cancel();
    // Pending tasks may belong to another log; the snapshot describes everything again.
    tasks.clear();
    position.nextGeneration();
    snapshot.resync();
    events.accept(AgentEvent.of(AgentEvent.Kind.RESYNC, reason));
  }

  @Override
  public boolean onUpdate(Update update) throws IOException {
    connection.received();
    boolean inSnapshot = desired.inSnapshot();
    position.heard(inSnapshot ? 0 : update.revision());
    if (update.kind() == Update.Kind.UNKNOWN || !acceptable(update)) {
      return true;
    }
    String worker = update.worker();
    if (inSnapshot) {
      snapshot.name(worker);
    }
    WorkerState state = states.get(worker);
    if (!inSnapshot
        && state != null
        && state.generation() == position.generation()
        && update.revision() <= state.revision()) {
      // It was processed before the last process ended.
      return true;
    }
    switch (update.kind()) {
      case PUBLISHED, ROLLED_BACK, RETRIED -> {
        snapshot.present(worker);
        withheld.drop(worker);
        desired.aim(worker, AgentTask.Switch.to(update), update.revision());
      }
      case DELETED -> deleted(update);
      case UNKNOWN -> throw new IllegalStateException();
    }
    return true;
  }

  private void deleted(Update update) throws IOException {
    String worker = update.worker();
    boolean last = update.latest().isEmpty();
    if (desired.inSnapshot()) {
      snapshot.absent(worker, update.revision());
      return;
    }
    if (last && update.version().equals(desired.of(worker))) {
      desired.remove(worker, update.revision());
      return;
    }
    if (!last) {
      withheld.drop(worker);
      desired.aim(worker, AgentTask.Switch.to(update.latest()), update.revision());
    }
    desired.drop(worker, update.version(), update.revision());
  }

  /**
   * Whether an update's names are acceptable: they must not lead out of the directory or to the
   * agent's own files.
   */
  private boolean acceptable(Update update) {
    try {
      requireNormal("the worker's name", update.worker());
      // The deletion of a worker that the log never had names no version.
      if (update.kind() != Update.Kind.DELETED || !update.version().isEmpty()) {
        requireNormal("the version's name", update.version());
      }
      if (!update.latest().isEmpty()) {
        requireNormal("the version's name", update.latest());
      }
    } catch (InvalidNameException e) {
      if (update.kind() != Update.Kind.DELETED) {
        refused(update, "invalid_name", e.getMessage());
      }
      return false;
    }
    if (takesAll && update.worker().startsWith(AgentSettings.PROBE_PREFIX)) {
      return false;
    }
    if (!update.worker().equalsIgnoreCase(AgentDirectory.RESERVED)) {
      return true;
    }
    if (update.kind() != Update.Kind.DELETED) {
      refused(
          update, "reserved_name", "an agent keeps its own files under " + AgentDirectory.RESERVED);
    }
    return false;
  }

  private static void requireNormal(String field, String name) {
    if (!Names.checked(field, name).equals(name)) {
      throw new InvalidNameException(
          field + " is not in Unicode's normal form C, in which servers keep names");
    }
  }

  private void refused(Update update, String code, String message) {
    WorkerState.Rejection rejection =
        new WorkerState.Rejection(
            update.version(),
            update.checksum(),
            update.revision(),
            position.generation(),
            code,
            message);
    reports.rejected(update.worker(), rejection);
    events.accept(AgentEvent.rejected(update.worker(), rejection));
  }

  @Override
  public void onSynced(long revision, String log) throws IOException {
    if (desired.inSnapshot()) {
      snapshot.complete(revision, log);
    }
    position.synced(revision);
    connection.upToDate();
    completion.arrived(revision);
    completion.tell();
  }

  @Override
  public void onBookmark(long revision) {
    position.heard(revision);
    connection.upToDate();
  }

  @Override
  public void onPosition(String resumeToken) {
    position.move(resumeToken, desired.inSnapshot());
  }
}
