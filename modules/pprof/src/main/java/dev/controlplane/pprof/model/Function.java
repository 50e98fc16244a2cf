package dev.controlplane.pprof.model;

/**
 * A method, all its overloads together, as a profile names it. Compared by identity: one object a
 * method in a {@link FrameTable}.
 *
 * <p>Addresses: a function owns a block of 2^20, named by a hash of its name, so that it has the
 * same addresses in the next process too; in it, each line has 16. They stay below 2^53, exact for
 * readers that know numbers as doubles only.
 */
public final class Function {
  public static final int BLOCK_BITS = 20;
  public static final int ADDRESS_BITS = 53;

  private static final int LINE_BITS = 4;
  private static final int MAX_LINE = (1 << (BLOCK_BITS - LINE_BITS)) - 1;

  /** Dotted, without module or class loader: {@code com.example.Worker}. */
  public final String className;

  final String method;

  /** Dotted: {@code com.example.Worker.run}. */
  public final String name;

  /** Package-relative: {@code com/example/Worker.java}; {@code ??} without debug information. */
  public final String file;

  /** The address of its line 0. */
  public final long entry;

  /** Part of the JDK, or of what starts threads here: not what a user wrote. */
  public final boolean internal;

  /** Machinery of the JDK that no user calls: what starts, parks and continues threads. */
  final boolean plumbing;

  /** What its presence in a stack says about why the thread waits; null: nothing. */
  final WaitEvidence evidence;

  Function(String className, String method, String file, long entry) {
    this.className = className;
    this.method = method;
    this.name = className + "." + method;
    this.file = file;
    this.entry = entry;
    this.internal = Trim.isInternal(className);
    this.plumbing = internal && Trim.isPlumbing(className, method);
    this.evidence = internal ? WaitEvidence.of(name) : null;
  }

  /** The address of a line: amid the line's own, so that pc and pc − 1 are of the line too. */
  long address(int line) {
    return entry + ((long) Math.min(line, MAX_LINE) << LINE_BITS) + (1 << (LINE_BITS - 1));
  }

  @Override
  public String toString() {
    return name;
  }
}
