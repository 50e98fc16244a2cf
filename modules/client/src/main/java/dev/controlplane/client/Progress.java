package dev.controlplane.client;

/** Receives the progress of a transfer. May be called by any thread, but only by one at a time. */
@FunctionalInterface
public interface Progress {
  /** Ignores progress. */
  Progress NONE = (done, total) -> {};

  /**
   * Reports transferred bytes.
   *
   * @param done bytes so far; may return to 0 if a transfer starts over
   * @param total bytes in total; -1 if unknown
   */
  void at(long done, long total);
}
