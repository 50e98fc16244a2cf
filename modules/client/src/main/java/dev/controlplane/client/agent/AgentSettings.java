package dev.controlplane.client.agent;

import dev.controlplane.client.InvalidNameException;
import dev.controlplane.client.stream.Subscription;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The settings of an agent.
 *
 * @param consumerId the consumer's id
 * @param directory for versions; used by this agent only
 * @param workers the workers to keep; empty for all
 * @param keep how many versions of a worker stay on disk, including the active one; at least 1
 * @param silence see {@link Subscription}
 * @param newLog what to do with deletions that follow from a log that was not followed before
 * @param maxDelete the percentage of active workers that one snapshot may delete. If it would
 *     delete more, and more than 3 workers, the agent withholds the deletions. 100: no limit
 * @param retryRejected whether the agent tries rejected versions once more when it starts
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
  /** The default number of versions to keep. */
  public static final int KEEP = 3;

  /**
   * How the name of a worker begins that {@code cpctl doctor --publish} publishes for a moment. An
   * agent that takes all workers passes over it.
   */
  public static final String PROBE_PREFIX = "cpctl-doctor-";

  /** The default percentage of workers that one snapshot may delete. */
  public static final int MAX_DELETE = 50;

  /**
   * Validates the settings.
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

  /** The same with another reaction to a new log. */
  public AgentSettings onNewLog(NewLog other) {
    return new AgentSettings(
        consumerId, directory, workers, keep, silence, other, maxDelete, retryRejected);
  }

  /** The same with another limit for deletions in one snapshot. */
  public AgentSettings maxDelete(int percent) {
    return new AgentSettings(
        consumerId, directory, workers, keep, silence, newLog, percent, retryRejected);
  }

  /** The same with or without a retry of rejected versions at the start. */
  public AgentSettings retryRejected(boolean retry) {
    return new AgentSettings(
        consumerId, directory, workers, keep, silence, newLog, maxDelete, retry);
  }
}
