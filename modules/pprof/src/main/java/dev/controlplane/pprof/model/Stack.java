package dev.controlplane.pprof.model;

import java.util.Arrays;

/**
 * The visible frames of a goroutine, leaf first. Two stacks are equal if their frames are the same.
 * The array must not be changed.
 */
public final class Stack {
  public final Frame[] frames;
  private final int hash;

  public Stack(Frame[] frames) {
    this.frames = frames;
    this.hash = hash(frames, frames.length);
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
    return other instanceof Stack stack
        && hash == stack.hash
        && Arrays.equals(frames, stack.frames);
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
