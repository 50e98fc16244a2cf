package dev.controlplane.transport.frames;

import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * The kinds of flood for which this module closes a connection. Each kind counts the connections
 * that this process closed for it.
 */
public enum Flood {
  /** The client reset too many streams, or made the server reset them. */
  RESETS,
  /** The client sent too many frames that carry nothing. */
  EMPTY_FRAMES,
  /** One header block had too many CONTINUATION frames, or too many bytes. */
  CONTINUATIONS;

  private static final Map<Flood, LongAdder> ENDED =
      Map.of(
          RESETS, new LongAdder(), EMPTY_FRAMES, new LongAdder(), CONTINUATIONS, new LongAdder());

  /**
   * The number of connections that were closed for this kind of flood since the process started.
   */
  public long ended() {
    return ENDED.get(this).sum();
  }

  void count() {
    ENDED.get(this).increment();
  }
}
