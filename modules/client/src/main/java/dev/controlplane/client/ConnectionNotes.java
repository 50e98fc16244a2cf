package dev.controlplane.client;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;

/**
 * Tells how the connection of an agent fares: to its listener, and in its directory for {@link
 * Agent#status}. Nothing depends on it.
 */
final class ConnectionNotes {
  /** How often a problem that lasts is told. */
  private static final Duration TOLD_AGAIN = Duration.ofMinutes(3);

  private final AgentNotes notes;
  private final AgentPosition position;
  private final AgentEvents events;
  private String heard = "";
  private String lastProblem = "";
  private long lastProblemAt;

  ConnectionNotes(AgentContext agent) {
    this.notes = agent.directory().notes();
    this.position = agent.position();
    this.events = agent.events();
  }

  /** The agent begins, without a connection. */
  void begin() {
    note(false, "");
  }

  /** The subscription stands. */
  void connected() {
    lastProblem = "";
    note(true, "");
    events.accept(AgentEvent.of(AgentEvent.Kind.CONNECTED));
  }

  /** The server was heard of. */
  void heard() {
    note(true, "");
  }

  /** The subscription broke, or could not be made. */
  void disconnected(String reason, Duration retryIn) {
    note(false, reason);
    long now = System.nanoTime();
    if (reason.equals(lastProblem) && now - lastProblemAt < TOLD_AGAIN.toNanos()) {
      return;
    }
    lastProblem = reason;
    lastProblemAt = now;
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
    if (connected) {
      heard = Instant.now().toString();
    }
    try {
      notes.note(new AgentStatus.Live(connected, heard, problem, position.revision()));
    } catch (IOException e) {
      // A disk that takes nothing is told of where it matters.
      return;
    }
  }
}
