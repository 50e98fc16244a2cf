package dev.controlplane.client.agent;

import dev.controlplane.client.agent.state.Withheld;
import dev.controlplane.client.agent.state.WorkerState;

/**
 * Something that an agent did or encountered.
 *
 * @param kind what happened
 * @param worker the worker; empty for none
 * @param version the version; empty for none
 * @param revision of the update; 0 for none
 * @param code a short word for the reason; empty for none
 * @param message the reason for people; empty for none
 */
public record AgentEvent(
    Kind kind, String worker, String version, long revision, String code, String message) {

  /** What happened. */
  public enum Kind {
    /** At the start: the version that {@code current} names is intact and stays in use. */
    FOUND,
    /** At the start: the version that {@code current} named is damaged and is no longer used. */
    DAMAGED,
    /** The subscription is open. */
    CONNECTED,
    /** The subscription broke or could not be opened; the agent tries again. */
    DISCONNECTED,
    /**
     * The server can't resume where the agent was; the whole directory is compared with the server.
     */
    RESYNC,
    /** The directory matches the server. */
    SYNCED,
    /** The version is now active. */
    ACTIVE,
    /** The version is not used; the previously active one stays so. */
    REJECTED,
    /** The worker was deleted and is not active any more. */
    REMOVED,
    /**
     * The worker is missing from the server's log, but stays active here until somebody confirms
     * its deletion: {@link Withheld}.
     */
    WITHHELD,
    /** Something failed and is being retried. */
    WAITING,
    /** The server rejected a report. */
    UNREPORTED
  }

  static AgentEvent of(Kind kind) {
    return new AgentEvent(kind, "", "", 0, "", "");
  }

  static AgentEvent of(Kind kind, String message) {
    return new AgentEvent(kind, "", "", 0, "", message);
  }

  static AgentEvent of(Kind kind, String worker, String version, long revision) {
    return new AgentEvent(kind, worker, version, revision, "", "");
  }

  static AgentEvent withheld(Withheld one) {
    return new AgentEvent(
        Kind.WITHHELD, one.worker(), one.version(), 0, one.reason().code(), one.why());
  }

  static AgentEvent rejected(String worker, WorkerState.Rejection rejection) {
    return new AgentEvent(
        Kind.REJECTED,
        worker,
        rejection.version(),
        rejection.revision(),
        rejection.code(),
        rejection.message());
  }
}
