package dev.controlplane.client.agent;

import dev.controlplane.client.agent.admission.Admission;
import dev.controlplane.client.agent.state.AgentDirectory;
import dev.controlplane.client.agent.state.LostDirectoryException;
import dev.controlplane.client.agent.state.Withheld;
import dev.controlplane.client.agent.state.WithheldDeletions;
import dev.controlplane.client.agent.state.WorkerState;
import dev.controlplane.client.agent.state.WorkerStates;
import dev.controlplane.client.stream.Reporter;
import dev.controlplane.client.stream.Subscriber;
import dev.controlplane.client.stream.Subscription;
import dev.controlplane.proto.StatusReport;
import java.io.IOException;
import java.time.Duration;

/**
 * An agent from its start to its end.
 *
 * <p>Two threads: one hears of updates and notes what each worker should come to ({@link
 * AgentListener}); the other brings it about ({@link AgentWork}), one worker at a time, so that a
 * slow download or command never stops the stream. A third looks for confirmed deletions.
 */
final class AgentRun {
  /** What a command that is to be ended may take. */
  private static final Duration ENDING = Duration.ofSeconds(1);

  private final AgentContext agent;
  private final Reporter reporter;
  private final AgentWork work;
  private final DesiredVersions desired;
  private final DeletionConfirmations confirmations;
  private final SnapshotCompletion completion;
  private final ConnectionNotes connection;
  private volatile Throwable broken;

  AgentRun(
      AgentServers servers,
      AgentSettings settings,
      Admission admission,
      AgentEvents events,
      AgentDirectory directory)
      throws IOException {
    AgentTasks tasks = new AgentTasks();
    WithheldDeletions withheld = new WithheldDeletions(directory.notes());
    reporter =
        new Reporter(
            servers.channels(),
            servers.retry(),
            (report, reason) -> events.accept(unreported(report, reason)));
    agent =
        new AgentContext(
            servers,
            settings,
            directory,
            new WorkerStates(directory.notes()),
            tasks,
            new AgentPosition(directory.notes(), settings, tasks, events),
            new AgentReports(reporter, settings.consumerId(), withheld::message),
            events,
            withheld);
    work = new AgentWork(agent, admission);
    desired = new DesiredVersions(agent);
    confirmations = new DeletionConfirmations(agent);
    completion = new SnapshotCompletion(agent);
    connection = new ConnectionNotes(agent);
  }

  private static AgentEvent unreported(StatusReport report, String reason) {
    return new AgentEvent(
        AgentEvent.Kind.UNREPORTED,
        report.getWorkerName(),
        report.getVersion(),
        report.getRevision(),
        "",
        reason);
  }

  void run() throws IOException, InterruptedException {
    begin();
    AgentSettings settings = agent.settings();
    Subscription subscription =
        new Subscription(settings.consumerId(), settings.workers())
            .after(agent.position().token())
            .withSnapshot()
            .silence(settings.silence());
    AgentListener listener = new AgentListener(agent, reporter, desired, completion, connection);
    Thread listening = Thread.currentThread();
    Thread working = Thread.ofVirtual().name("agent").start(() -> work(listening));
    Thread confirming = Thread.ofVirtual().name("confirmations").start(confirmations::await);
    try {
      new Subscriber(agent.servers().channels(), agent.servers().retry(), true)
          .run(subscription, listener);
    } catch (InterruptedException e) {
      if (broken instanceof LostDirectoryException lost) {
        throw lost;
      }
      if (broken != null) {
        throw new IllegalStateException("the agent failed", broken);
      }
      throw e;
    } finally {
      work.end();
      working.interrupt();
      confirming.interrupt();
      connection.end();
      reporter.close();
      working.join(ENDING);
    }
  }

  private void begin() throws IOException {
    new AgentStart(agent, desired).run();
    agent.reports().again(agent.states().all(), agent.position().generation());
    WithheldDeletions withheld = agent.withheld();
    withheld.list().forEach(one -> agent.events().accept(AgentEvent.withheld(one)));
    if (agent.settings().newLog() == NewLog.FOLLOW) {
      withheld.confirm(one -> one.reason() == Withheld.Reason.NEW_LOG);
    }
    confirmations.begin();
    connection.begin();
    if (agent.settings().retryRejected()) {
      retryRejected();
    }
  }

  /** What is still wanted and was rejected is tried once more. */
  private void retryRejected() {
    for (WorkerState state : agent.states().all()) {
      WorkerState.Rejection refused = state.rejection();
      if (refused != null && refused.version().equals(state.desired())) {
        agent
            .tasks()
            .add(
                state.worker(),
                agent.position().token(),
                task ->
                    task.aim(
                        AgentTask.Switch.again(refused), refused.revision(), refused.generation()));
      }
    }
  }

  private void work(Thread listening) {
    try {
      while (true) {
        AgentTask task = agent.tasks().take();
        work.attempt(task);
        agent.position().save();
        completion.tell();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (LostDirectoryException e) {
      broken = e;
      listening.interrupt();
    } catch (RuntimeException | Error e) {
      // A bug, here or in a callback: an agent that only listens must not look like one that works.
      broken = e;
      listening.interrupt();
    }
  }
}
