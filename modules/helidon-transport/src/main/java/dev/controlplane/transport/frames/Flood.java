package dev.controlplane.transport.frames;

import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What a client sends too much of; counts the connections that this process ended for it. */
public enum Flood {
  /** Streams that were reset. */
  RESETS,
  /** Frames that carry nothing. */
  EMPTY_FRAMES,
  /** CONTINUATION frames of one header block, or their bytes. */
  CONTINUATIONS;

  private static final Map<Flood, LongAdder> ENDED =
      Map.of(
          RESETS, new LongAdder(), EMPTY_FRAMES, new LongAdder(), CONTINUATIONS, new LongAdder());

  /** How many connections were ended for it. */
  public long ended() {
    return ENDED.get(this).sum();
  }

  void count() {
    ENDED.get(this).increment();
  }
}
