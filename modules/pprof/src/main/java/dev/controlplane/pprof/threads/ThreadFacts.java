package dev.controlplane.pprof.threads;

import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.LabelSet;

/** What a source knows about one thread. Mutable and reused for each thread. Not thread-safe. */
public final class ThreadFacts {
  public long id;
  public String name = "";
  public boolean virtual;

  /** Null if unknown. */
  public Thread.State state;

  /** Whether a virtual thread is mounted on a carrier. */
  public boolean mounted;

  /** The class of the object that the thread is parked on; null for none. */
  public String blocker;

  /** Labels inherited from the thread that started it. */
  public LabelSet inherited = LabelSet.EMPTY;

  /** Leaf first; the first {@link #depth} entries are set. */
  public Frame[] frames = new Frame[64];

  public int depth;

  public void add(Frame frame) {
    if (depth == frames.length) {
      frames = java.util.Arrays.copyOf(frames, depth * 2);
    }
    frames[depth++] = frame;
  }

  public void clear() {
    id = 0;
    name = "";
    virtual = false;
    state = null;
    mounted = false;
    blocker = null;
    inherited = LabelSet.EMPTY;
    depth = 0;
  }
}
