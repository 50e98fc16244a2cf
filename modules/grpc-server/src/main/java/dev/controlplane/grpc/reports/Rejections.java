package dev.controlplane.grpc.reports;

/** Receives the rejections of versions by consumers. */
@FunctionalInterface
public interface Rejections {
  /**
   * Called when a rejection is durable. Must not wait.
   *
   * @param revision of the update that the rejection is about; it does not apply to a later update
   *     of the same version
   */
  void rejected(String consumer, String worker, String version, long revision);
}
