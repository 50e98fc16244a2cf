package dev.controlplane.pprof;

import java.util.Arrays;

/** The frames of a goroutine that are shown, leaf first. Equal if they are the same frames. */
final class Stack {
  final Frame[] frames;
  private final int hash;

  Stack(Frame[] frames) {
    this.frames = frames;
    this.hash = hash(frames, frames.length);
  }

  static int hash(Frame[] frames, int length) {
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
