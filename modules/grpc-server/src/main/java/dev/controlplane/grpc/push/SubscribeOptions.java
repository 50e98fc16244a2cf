package dev.controlplane.grpc.push;

import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.Names;
import dev.controlplane.grpc.errors.InvalidFieldException;
import dev.controlplane.proto.Delivery;
import dev.controlplane.proto.SubscribeRequest;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A validated subscription request.
 *
 * @param consumer the consumer's id
 * @param workers the wanted workers; empty for all
 * @param resumeToken where to resume; empty for none
 * @param snapshot whether it wants the latest version of every worker first
 * @param latest whether superseded updates may be omitted
 * @param bookmarks whether it wants bookmarks while nothing happens
 * @param log whether it wants the identity of the log
 */
record SubscribeOptions(
    String consumer,
    Set<String> workers,
    String resumeToken,
    boolean snapshot,
    boolean latest,
    boolean bookmarks,
    boolean log) {

  /**
   * Validates a request.
   *
   * @throws IllegalArgumentException with the field, its value and what was expected
   */
  static SubscribeOptions of(SubscribeRequest request, int maxWorkerNames, int maxHeld) {
    String consumer = Names.checked("consumer_id", request.getConsumerId());
    requireAtMost("worker_names", request.getWorkerNamesCount(), maxWorkerNames);
    Set<String> workers = new LinkedHashSet<>();
    for (String name : request.getWorkerNamesList()) {
      workers.add(Names.checked("worker_names", name));
    }
    requireAtMost("held", request.getHeldCount(), maxHeld);
    if (request.getDelivery() == Delivery.UNRECOGNIZED) {
      throw new InvalidFieldException(
          "delivery", "is " + request.getDeliveryValue(), "0 (ALL) or 1 (LATEST)");
    }
    return new SubscribeOptions(
        consumer,
        Set.copyOf(workers),
        request.getResumeToken(),
        request.getSnapshot() || request.getHeldCount() > 0,
        request.getDelivery() == Delivery.LATEST,
        request.getBookmarks(),
        request.getLog());
  }

  /**
   * Returns what the consumer says it holds: worker to digest, without workers that it does not
   * want. It is not part of the options because a stream needs it only until its snapshot is sent.
   *
   * @throws IllegalArgumentException with the worker, its value and what was expected
   */
  Map<String, Digest> held(SubscribeRequest request) {
    Map<String, Digest> held = new HashMap<>();
    request
        .getHeldMap()
        .forEach(
            (name, hex) -> {
              String worker = Names.checked("held", name);
              Digest digest = digest(worker, hex);
              if (wants(worker)) {
                held.put(worker, digest);
              }
            });
    return held;
  }

  private static void requireAtMost(String field, int count, int max) {
    if (count > max) {
      throw new InvalidFieldException(
          field,
          "has %d names".formatted(count),
          "up to %d%s"
              .formatted(max, field.equals("worker_names") ? ", or none for all workers" : ""));
    }
  }

  private static Digest digest(String worker, String hex) {
    try {
      return new Digest(hex.toLowerCase(Locale.ROOT));
    } catch (IllegalArgumentException _) {
      throw new InvalidFieldException(
          "held",
          "of %s is \"%s\"".formatted(worker, hex.length() > 80 ? hex.substring(0, 80) + "…" : hex),
          "a SHA-256 as 64 hex digits");
    }
  }

  /**
   * Whether the client understands control messages: it has set a field that was introduced
   * together with them.
   */
  boolean control() {
    return !resumeToken.isEmpty() || snapshot || latest || bookmarks;
  }

  boolean wants(String worker) {
    return workers.isEmpty() || workers.contains(worker);
  }
}
