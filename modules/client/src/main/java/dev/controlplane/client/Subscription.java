package dev.controlplane.client;

import java.util.List;

/**
 * Who wants to hear of what.
 *
 * @param consumerId who receives; not empty
 * @param workers only these; empty means all of them
 */
public record Subscription(String consumerId, List<String> workers) {
  /**
   * Copies the workers.
   *
   * @throws InvalidNameException when the consumer or a worker can't have such a name
   */
  public Subscription {
    consumerId = Names.checked("the consumer's id", consumerId);
    workers = workers.stream().map(worker -> Names.checked("the worker's name", worker)).toList();
  }
}
