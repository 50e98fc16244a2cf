package dev.controlplane.pprof.model;

/** What a source knows of a thread. Filled anew for each; for one thread. */
public final class ThreadFacts {
  public long id;
  public String name = "";
  public boolean virtual;

  /** Null where it isn't known. */
  public Thread.State state;

  /** Whether a virtual thread has a carrier. */
  public boolean mounted;

  /** Class of what it is parked on, null if nothing. */
  public String blocker;

  /** What it has from the thread that started it. */
  public LabelSet inherited = LabelSet.EMPTY;

  /** Leaf first; the first {@link #depth} are filled. */
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
