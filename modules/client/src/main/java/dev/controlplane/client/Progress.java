package dev.controlplane.client;

/** Is told how far a transfer has come; from any thread, one call at a time. */
@FunctionalInterface
public interface Progress {
  /** Tells nobody. */
  Progress NONE = (done, total) -> {};

  /**
   * Bytes moved.
   *
   * @param done so far; may go back to 0 when a transfer starts over
   * @param total of all; -1 where it is not known
   */
  void at(long done, long total);
}
