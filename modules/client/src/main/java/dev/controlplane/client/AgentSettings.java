package dev.controlplane.client;

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
 */
public record AgentSettings(
    String consumerId, Path directory, List<String> workers, int keep, Duration silence) {
  /** How many versions stay where nothing else is said. */
  public static final int KEEP = 3;

  /**
   * Copies the workers.
   *
   * @throws InvalidNameException when the consumer or a worker can't have such a name
   * @throws IllegalArgumentException when keep is less than 1
   */
  public AgentSettings {
    Subscription checked = new Subscription(consumerId, workers).silence(silence);
    consumerId = checked.consumerId();
    workers = checked.workers().stream().sorted().distinct().toList();
    if (keep < 1) {
      throw new IllegalArgumentException("keep is " + keep + "; it takes a number from 1 on");
    }
  }

  /** All workers, and {@value #KEEP} versions of each. */
  public AgentSettings(String consumerId, Path directory) {
    this(consumerId, directory, List.of(), KEEP, Subscription.SILENCE);
  }
}
