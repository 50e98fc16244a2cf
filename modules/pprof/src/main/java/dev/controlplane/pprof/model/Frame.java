package dev.controlplane.pprof.model;

/**
 * A line of a method: one entry of a stack. Compared by identity: a {@link FrameTable} has one
 * object per line.
 *
 * @since 0.1.0
 */
public final class Frame {
  public final Function function;

  /** The line number; 0 if there is none, as in native methods. */
  public final int line;

  /** The address: not 0, unique within the process, and constant for its lifetime. */
  public final long address;

  private final int hash;

  Frame(Function function, int line) {
    this.function = function;
    this.line = line;
    this.address = function.address(line);
    this.hash = Long.hashCode(address * 0x9E3779B97F4A7C15L);
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  /** Derived from the address, so that it is the same in every run. */
  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    return function + "(" + function.file() + ":" + line + ")";
  }
}
