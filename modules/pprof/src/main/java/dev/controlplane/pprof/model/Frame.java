package dev.controlplane.pprof.model;

/**
 * A line of a method: one entry of a stack. Compared by identity: one object a line in a {@link
 * FrameTable}.
 */
public final class Frame {
  public final Function function;

  /** Line number, 0 where there is none, as in native methods. */
  public final int line;

  /** Non-zero, its own within the process, and the same as long as that lives. */
  public final long address;

  /** Spread well; the address, so that it is the same in every run. */
  final int hash;

  Frame(Function function, int line) {
    this.function = function;
    this.line = line;
    this.address = function.address(line);
    this.hash = Long.hashCode(address * 0x9E3779B97F4A7C15L);
  }

  @Override
  public String toString() {
    return function + "(" + function.file + ":" + line + ")";
  }
}
