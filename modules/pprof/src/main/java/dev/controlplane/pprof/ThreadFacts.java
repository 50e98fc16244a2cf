package dev.controlplane.pprof;

/** What a source knows of a thread. Filled anew for each; for one thread. */
final class ThreadFacts {
  long id;
  String name = "";
  boolean virtual;

  /** Null where it isn't known. */
  Thread.State state;

  /** Whether a virtual thread has a carrier. */
  boolean mounted;

  /** Class of what it is parked on, null if nothing. */
  String blocker;

  /** What it has from the thread that started it. */
  LabelSet inherited = LabelSet.EMPTY;

  /** Leaf first; the first {@link #depth} are filled. */
  Frame[] frames = new Frame[64];

  int depth;

  void add(Frame frame) {
    if (depth == frames.length) {
      frames = java.util.Arrays.copyOf(frames, depth * 2);
    }
    frames[depth++] = frame;
  }

  void clear() {
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
