package dev.controlplane.client.agent.state;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The status of an agent, read from its directory.
 *
 * @param running whether an agent is running in the directory now
 * @param connected whether it is subscribed now
 * @param consumerId the consumer's id; empty if the agent never had a position
 * @param position the resume token from which the agent continues; empty for none
 * @param revision the newest revision that the agent has received
 * @param log the log that it follows, opaque; empty if unknown
 * @param heard when the last message of the server arrived, in RFC 3339; empty for never
 * @param problem why the agent is not connected; empty for no reason
 * @param active the active version of each worker
 * @param withheld the deletions that wait for confirmation
 * @param rejected the versions that were last rejected
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

  /** A rejected version. */
  public record Rejected(String worker, String version, String code, String message) {}

  /** What a running agent notes about itself. */
  public record Live(boolean connected, String heard, String problem, long revision) {}

  public AgentStatus {
    active = List.copyOf(active);
    withheld = List.copyOf(withheld);
    rejected = List.copyOf(rejected);
  }

  /**
   * How long ago the last message of the server arrived; null for never. If the clock was set back
   * since then, the result is too long, never too short.
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
