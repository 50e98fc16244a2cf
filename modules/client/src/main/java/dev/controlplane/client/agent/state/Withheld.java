package dev.controlplane.client.agent.state;

import dev.controlplane.client.agent.AgentSettings;
import dev.controlplane.client.agent.NewLog;
import java.time.Instant;
import java.util.Locale;

/**
 * A worker that is missing from the server's log, but that an agent keeps active until somebody
 * confirms the deletion.
 *
 * @param worker the worker's name
 * @param version the version that stays active
 * @param reason why the agent withholds the deletion
 * @param since when the agent decided so, in RFC 3339
 * @param confirmed whether the deletion was confirmed and is about to be carried out
 */
public record Withheld(
    String worker, String version, Reason reason, String since, boolean confirmed) {
  /** Why a deletion is withheld. */
  public enum Reason {
    /** The agent has not followed this log before: {@link NewLog#KEEP}. */
    NEW_LOG,
    /** One snapshot would have deleted more than {@link AgentSettings#maxDelete}. */
    MAX_DELETE;

    /** The reason as a code: {@code new_log}, {@code max_delete}. */
    public String code() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public static Withheld now(String worker, String version, Reason reason) {
    return new Withheld(worker, version, reason, Instant.now().toString(), false);
  }

  Withheld confirm() {
    return new Withheld(worker, version, reason, since, true);
  }

  /** The reason for people. */
  public String why() {
    return switch (reason) {
      case NEW_LOG ->
          "the server's log is not the one followed before and does not have this worker";
      case MAX_DELETE -> "one snapshot would have deleted too many workers (--max-delete)";
    };
  }
}
