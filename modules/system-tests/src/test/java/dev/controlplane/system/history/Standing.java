package dev.controlplane.system.history;

/**
 * How a worker stood at a revision: as an item of a snapshot tells it.
 *
 * @param kind DELETED if the worker was gone
 * @param revision of the update that made it stand so
 * @param version the latest; of a worker that was gone, the version that went last
 */
record Standing(
    long revision,
    Kind kind,
    String worker,
    String version,
    String checksum,
    long size,
    long timestamp) {
  boolean gone() {
    return kind == Kind.DELETED;
  }
}
