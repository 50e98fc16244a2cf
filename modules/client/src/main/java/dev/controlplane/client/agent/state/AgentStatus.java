package dev.controlplane.client.agent.state;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * How an agent fares, as its directory tells.
 *
 * @param running whether an agent works in the directory at this moment
 * @param connected whether it is subscribed at this moment
 * @param consumerId who receives; empty where the agent never had a position
 * @param position the resume token that the agent goes on from; empty for none
 * @param revision the newest revision that the agent has heard of
 * @param log which log it follows, opaque; empty where that is not known
 * @param heard when a message of the server came last, in RFC 3339; empty: never
 * @param problem why the agent is not connected; empty for no reason
 * @param active the active version of each worker
 * @param withheld the deletions that wait for a confirmation
 * @param rejected the versions that were refused last
 */
public record AgentStatus(
    boolean running,
    boolean connected,
    String consumerId,
    String position,
    long revision,
    String log,
    String heard,
    String problem,
    List<Active> active,
    List<Withheld> withheld,
    List<Rejected> rejected) {
  /** An active version. */
  public record Active(String worker, String version, String checksum) {}

  /** A version that is not used. */
  public record Rejected(String worker, String version, String code, String message) {}

  /** What a running agent notes of itself. */
  public record Live(boolean connected, String heard, String problem, long revision) {}

  /** Copies the lists. */
  public AgentStatus {
    active = List.copyOf(active);
    withheld = List.copyOf(withheld);
    rejected = List.copyOf(rejected);
  }

  /**
   * How long ago a message of the server came; null where none ever did. A clock that was set back
   * since then makes it longer, not shorter.
   */
  public Duration staleness(Instant now) {
    return heard.isEmpty() ? null : Duration.between(Instant.parse(heard), now).abs();
  }

  public static AgentStatus of(Path directory) throws IOException {
    AgentDirectory there = AgentDirectory.look(directory);
    boolean running = there.inUse();
    AgentNotes notes = there.notes();
    AgentNotes.Position position = notes.position();
    Live live = notes.live();
    WithheldDeletions.Kept kept = notes.kept();
    List<WorkerState> states = List.copyOf(notes.states().values());
    return new AgentStatus(
        running,
        running && live != null && live.connected(),
        position == null ? "" : position.consumerId(),
        position == null ? "" : position.token(),
        Math.max(position == null ? 0 : position.revision(), live == null ? 0 : live.revision()),
        kept.log(),
        live == null ? "" : live.heard(),
        live == null || !running ? "" : live.problem(),
        states.stream()
            .filter(state -> state.active() != null)
            .map(
                state ->
                    new Active(state.worker(), state.active().version(), state.active().checksum()))
            .toList(),
        kept.withheld(),
        states.stream()
            .filter(state -> state.rejection() != null)
            .map(
                state ->
                    new Rejected(
                        state.worker(),
                        state.rejection().version(),
                        state.rejection().code(),
                        state.rejection().message()))
            .toList());
  }
}
