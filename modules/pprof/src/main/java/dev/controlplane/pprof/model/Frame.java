package dev.controlplane.pprof.model;

/**
 * A line of a method: one entry of a stack. Compared by identity: a {@link FrameTable} has one
 * object per line.
 */
public final class Frame {
  public final Function function;

  /** The line number; 0 if there is none, as in native methods. */
  public final int line;

  /** The address: not 0, unique within the process, and constant for its lifetime. */
  public final long address;

  /** A hash derived from the address, so that it is the same in every run. */
  final int hash;

  Frame(Function function, int line) {
    this.function = function;
    this.line = line;
    this.address = function.address(line);
    this.hash = Long.hashCode(address * 0x9E3779B97F4A7C15L);
  }

  @Override
  public String toString() {
    return function + "(" + function.file() + ":" + line + ")";
  }
}
