package dev.controlplane.client.agent;

import dev.controlplane.client.agent.state.AgentNotes;
import dev.controlplane.client.agent.state.AgentStatus;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;

/**
 * Reports the state of an agent's connection, to the listener and in the directory for {@link
 * Agent#status}. Nothing depends on it.
 */
final class ConnectionNotes {
  /** How often received messages are noted on disk. */
  private static final Duration NOTED_AGAIN = Duration.ofSeconds(1);

  private final AgentNotes notes;
  private final AgentPosition position;
  private final AgentEvents events;
  private String heard = "";
  private long noted = System.nanoTime();
  private final LastingProblems problems = new LastingProblems();

  /**
   * Whether the listener was not informed of the last disconnect, because it was reported recently.
   */
  private boolean untold;

  ConnectionNotes(AgentContext agent) {
    this.notes = agent.directory().notes();
    this.position = agent.position();
    this.events = agent.events();
  }

  /** The agent starts, without a connection. */
  void begin() throws IOException {
    AgentStatus.Live last = notes.live();
    heard = last == null ? "" : last.heard();
    note(false, "");
  }

  /**
   * The subscription is open. A proxy may accept every subscription and end it again, so only a
   * message counts as a sign of life.
   */
  void connected() {
    note(true, "");
    if (!untold) {
      events.accept(AgentEvent.of(AgentEvent.Kind.CONNECTED));
    }
  }

  /** A message arrived. */
  void received() {
    problems.forget();
    if (untold) {
      untold = false;
      events.accept(AgentEvent.of(AgentEvent.Kind.CONNECTED));
    }
    if (System.nanoTime() - noted >= NOTED_AGAIN.toNanos()) {
      heard();
    }
  }

  /** The server has sent everything for now. */
  void upToDate() {
    received();
    heard();
  }

  private void heard() {
    heard = Instant.now().toString();
    note(true, "");
  }

  /** The subscription broke or could not be opened. */
  void disconnected(String reason, Duration retryIn) {
    note(false, reason);
    untold = !problems.isNews(reason);
    if (untold) {
      return;
    }
    events.accept(
        AgentEvent.of(
            AgentEvent.Kind.DISCONNECTED,
            "%s; trying again in %.1f s".formatted(reason, retryIn.toMillis() / 1000.0)));
  }

  /** The agent ends. */
  void end() {
    note(false, "the agent has ended");
  }

  private void note(boolean connected, String problem) {
    noted = System.nanoTime();
    try {
      notes.note(new AgentStatus.Live(connected, heard, problem, position.revision()));
    } catch (IOException e) {
      // Where a full disk matters, it is reported elsewhere.
      return;
    }
  }
}
