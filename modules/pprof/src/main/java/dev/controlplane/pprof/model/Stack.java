package dev.controlplane.pprof.model;

import java.util.Arrays;

/**
 * The visible frames of a goroutine, leaf first. Two stacks are equal if their frames are the same.
 * The array must not be changed.
 */
public final class Stack {
  public final Frame[] frames;
  private final int hash;

  /**
   * A stack of these frames, which may be none.
   *
   * @throws IllegalArgumentException if the frames are of different tables
   */
  public Stack(Frame[] frames) {
    for (Frame frame : frames) {
      if (frame.function.table != frames[0].function.table) {
        throw new IllegalArgumentException("frames of different tables in one stack");
      }
    }
    this.frames = frames;
    this.hash = hash(frames, frames.length);
  }

  /** The table of the frames; null without frames. */
  FrameTable table() {
    return frames.length == 0 ? null : frames[0].function.table;
  }

  public static int hash(Frame[] frames, int length) {
    int hash = length;
    for (int i = 0; i < length; i++) {
      hash = hash * 31 + frames[i].hash;
    }
    return hash;
  }

  @Override
  public boolean equals(Object other) {
    return this == other
        || (other instanceof Stack stack
            && hash == stack.hash
            && Arrays.equals(frames, stack.frames));
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
