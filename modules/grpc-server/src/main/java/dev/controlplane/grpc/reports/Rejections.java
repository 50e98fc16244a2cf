package dev.controlplane.grpc.reports;

/** Is told of versions that consumers will not use. */
@FunctionalInterface
public interface Rejections {
  /**
   * A consumer will not use a version; this is durable. Does not wait.
   *
   * @param revision the update that the rejection is about: a later one of the same version is
   *     another matter
   */
  void rejected(String consumer, String worker, String version, long revision);
}
