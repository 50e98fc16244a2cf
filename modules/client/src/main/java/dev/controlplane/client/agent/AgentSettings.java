package dev.controlplane.client.agent;

import dev.controlplane.client.InvalidNameException;
import dev.controlplane.client.stream.Subscription;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What an agent is to do.
 *
 * @param consumerId who receives
 * @param directory where versions are kept; of this agent alone
 * @param workers only these; empty means all of them
 * @param keep how many versions of a worker stay on disk, the active one included; from 1
 * @param silence see {@link Subscription}
 * @param newLog what to do with deletions that follow from a log that was not followed before
 * @param maxDelete how many per cent of the active workers one snapshot may delete; the agent
 *     withholds the deletions if there are more, and more than 3. 100: any number
 * @param retryRejected whether the agent tries once more, when it starts, what it has rejected
 */
public record AgentSettings(
    String consumerId,
    Path directory,
    List<String> workers,
    int keep,
    Duration silence,
    NewLog newLog,
    int maxDelete,
    boolean retryRejected) {
  /** How many versions stay where nothing else is said. */
  public static final int KEEP = 3;

  /** How many per cent of the workers one snapshot may delete where nothing else is said. */
  public static final int MAX_DELETE = 50;

  /**
   * Copies the workers.
   *
   * @throws InvalidNameException when the consumer, a worker or the directory can't have such a
   *     name
   * @throws IllegalArgumentException when keep is less than 1, or maxDelete not a percentage
   */
  public AgentSettings {
    Subscription checked = new Subscription(consumerId, workers).silence(silence);
    consumerId = checked.consumerId();
    workers = checked.workers().stream().sorted().distinct().toList();
    if (directory.toString().isEmpty()) {
      throw new InvalidNameException(
          "the agent's directory has an empty name; write . for the working directory");
    }
    if (keep < 1) {
      throw new IllegalArgumentException("keep is " + keep + "; it takes a number from 1 on");
    }
    if (maxDelete < 0 || maxDelete > 100) {
      throw new IllegalArgumentException(
          "maxDelete is " + maxDelete + "; it takes a percentage from 0 to 100");
    }
  }

  /** All workers, and {@value #KEEP} versions of each. */
  public AgentSettings(String consumerId, Path directory) {
    this(consumerId, directory, List.of(), KEEP, Subscription.SILENCE);
  }

  /** With {@link NewLog#KEEP} and {@value #MAX_DELETE} per cent. */
  public AgentSettings(
      String consumerId, Path directory, List<String> workers, int keep, Duration silence) {
    this(consumerId, directory, workers, keep, silence, NewLog.KEEP, MAX_DELETE, false);
  }

  /** The same with another answer to a log that was not followed before. */
  public AgentSettings onNewLog(NewLog other) {
    return new AgentSettings(
        consumerId, directory, workers, keep, silence, other, maxDelete, retryRejected);
  }

  /** The same with another limit of deletions in one snapshot. */
  public AgentSettings maxDelete(int percent) {
    return new AgentSettings(
        consumerId, directory, workers, keep, silence, newLog, percent, retryRejected);
  }

  /** The same, and what the agent has rejected is tried once more when it starts. */
  public AgentSettings retryRejected(boolean retry) {
    return new AgentSettings(
        consumerId, directory, workers, keep, silence, newLog, maxDelete, retry);
  }
}
