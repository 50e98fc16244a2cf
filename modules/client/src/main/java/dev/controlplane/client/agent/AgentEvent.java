package dev.controlplane.client.agent;

import dev.controlplane.client.agent.state.Withheld;
import dev.controlplane.client.agent.state.WorkerState;

/**
 * Something that an agent has done, or has met.
 *
 * @param kind what
 * @param worker which worker it is about; empty: none
 * @param version which version; empty: none
 * @param revision which update; 0: none
 * @param code a short word for why; empty: none
 * @param message why, for people; empty: nothing to say
 */
public record AgentEvent(
    Kind kind, String worker, String version, long revision, String code, String message) {

  /** What happened. */
  public enum Kind {
    /** At the start: what {@code current} names is whole, and goes on to be used. */
    FOUND,
    /** At the start: what {@code current} named is not whole, and is used no more. */
    DAMAGED,
    /** The subscription stands. */
    CONNECTED,
    /** It broke, or could not be made; it is tried again. */
    DISCONNECTED,
    /** The server can't go on from where the agent was; the directory is compared as a whole. */
    RESYNC,
    /** The directory is as the server says. */
    SYNCED,
    /** The version is active now. */
    ACTIVE,
    /** The version is not used; what was active stays so. */
    REJECTED,
    /** The worker was deleted; nothing of it is active. */
    REMOVED,
    /**
     * The worker is gone from the server's log, and stays active here until somebody confirms its
     * deletion: {@link Withheld}.
     */
    WITHHELD,
    /** Something failed that is tried again. */
    WAITING,
    /** The server would not have a report. */
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
