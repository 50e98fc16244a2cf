package dev.controlplane.pprof.model;

import java.util.Arrays;

/**
 * The visible frames of a goroutine, leaf first. Two stacks are equal if their frames are the same.
 * The array must not be changed.
 *
 * @since 0.1.0
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
    this.hash = Arrays.hashCode(frames);
  }

  /**
   * The stack of a thread of this JVM, as the library's own profiles show it: the frames of the JDK
   * are left out, except those that other code called.
   *
   * @param elements leaf first, as {@link Thread#getStackTrace} returns them
   */
  public static Stack of(StackTraceElement... elements) {
    FrameTable table = FrameTable.ofThisJvm();
    var frames = new Frame[elements.length];
    for (int i = 0; i < elements.length; i++) {
      frames[i] = table.frame(elements[i]);
    }
    return visible(frames);
  }

  /**
   * The stack without the frames of the JDK, except those that other code called.
   *
   * @param raw all frames of a thread, leaf first; of one table
   */
  public static Stack visible(Frame[] raw) {
    return new Stack(Trim.trim(raw));
  }

  /** The table of the frames; null without frames. */
  FrameTable table() {
    return frames.length == 0 ? null : frames[0].function.table;
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
