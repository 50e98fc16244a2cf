package dev.controlplane.pprof.model;

import java.util.Arrays;

/** The frames of a goroutine that are shown, leaf first. Equal if they are the same frames. */
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
