package dev.controlplane.pprof.model;

/**
 * A method with all its overloads, as a profile names it. Compared by identity: a {@link
 * FrameTable} has one object per method.
 *
 * <p>Addresses: a function owns a block of 2^20 addresses. The block is chosen by a hash of the
 * function's name, so the addresses are the same in the next process. Each line of the function has
 * 16 addresses. All addresses are below 2^53, which readers that store numbers as doubles can
 * represent exactly.
 *
 * @since 0.1.0
 */
public final class Function {
  public static final int BLOCK_BITS = 20;
  public static final int ADDRESS_BITS = 53;

  private static final int LINE_BITS = 4;
  private static final int MAX_LINE = (1 << (BLOCK_BITS - LINE_BITS)) - 1;

  final FrameTable table;

  /** Dotted, without module or class loader: {@code com.example.Worker}. */
  public final String className;

  /** The method: {@code run}; {@code <init>} for a constructor. */
  public final String method;

  /** Dotted: {@code com.example.Worker.run}. */
  public final String name;

  /** The address of line 0. */
  public final long entry;

  /**
   * Whether it belongs to the JDK or to this module's thread starters, rather than to the user's
   * code.
   */
  public final boolean internal;

  private volatile String file;

  Function(FrameTable table, String className, String method, String file, long entry) {
    this.table = table;
    this.className = className;
    this.method = method;
    this.name = className + "." + method;
    this.file = file;
    this.entry = entry;
    this.internal = Trim.isInternal(className);
  }

  /**
   * The file, package-relative: {@code com/example/Worker.java}. {@code ??} while it is unknown:
   * Flight Recorder does not tell it, a thread's stack does.
   */
  public String file() {
    return file;
  }

  /** Whether a class is the JDK's, by its dotted name. */
  public static boolean isJdk(String className) {
    return Trim.isJdk(className);
  }

  /** Sets the file if it is unknown so far. */
  void learnFile(String found) {
    if (file.equals(FrameTable.NO_FILE)) {
      file = found;
    }
  }

  /**
   * The address of a line. It is in the middle of the line's block, so that pc and pc − 1 belong to
   * the same line.
   */
  long address(int line) {
    return entry + ((long) Math.min(line, MAX_LINE) << LINE_BITS) + (1 << (LINE_BITS - 1));
  }

  @Override
  public String toString() {
    return name;
  }
}
