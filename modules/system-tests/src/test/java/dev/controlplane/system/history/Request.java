package dev.controlplane.system.history;

import java.util.Map;
import java.util.Set;

/**
 * What a consumer asked for when it opened a stream.
 *
 * @param workers those it wants; empty for all
 * @param token where to go on; empty for none
 * @param snapshot whether it asked for a snapshot
 * @param held what it held; empty for none
 * @param latest whether superseded updates may be left out
 * @param bookmarks whether it asked for bookmarks
 */
public record Request(
    Set<String> workers,
    String token,
    boolean snapshot,
    Map<String, Holding> held,
    boolean latest,
    boolean bookmarks) {
  /** What a consumer has of a worker; only the checksum goes over the wire. */
  public record Holding(String version, String checksum) {}

  boolean wants(String worker) {
    return workers.isEmpty() || workers.contains(worker);
  }
}
