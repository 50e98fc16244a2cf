package dev.controlplane.pprof.model;

import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Creates one {@link Frame} for each line of code seen on a stack, and assigns addresses to
 * functions. A function is a method's name in a class: overloads share it, and so do classes of the
 * same name in several class loaders. Thread-safe.
 *
 * <p>It grows with the code of the process, not with its threads: names that the JVM generates at
 * run time are first reduced to a common form.
 *
 * <p>For fast lookups each thread uses its own {@link Cache}.
 *
 * @since 0.1.0
 */
public final class FrameTable {
  /** The file of a class without debug information, in Go's spelling. */
  public static final String NO_FILE = "??";

  private static final FrameTable THIS_JVM = new FrameTable();

  /** What a frame and a function take with their entries in the maps, without texts. */
  private static final int FRAME_BYTES = 150;

  private static final int FUNCTION_BYTES = 400;

  private record FunctionKey(String className, String method) {}

  private record FrameKey(Function function, int line) {}

  private final ConcurrentHashMap<FunctionKey, Function> functions = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<FrameKey, Frame> frames = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Long, Function> blocks = new ConcurrentHashMap<>();
  private final LongAdder bytes = new LongAdder();

  /** The table of this JVM. Its addresses stay valid for the lifetime of the process. */
  public static FrameTable ofThisJvm() {
    return THIS_JVM;
  }

  /** Returns the frame of an entry of a Java stack. */
  public Frame frame(StackTraceElement element) {
    return frame(
        element.getClassName(),
        element.getMethodName(),
        element.getFileName(),
        element.getLineNumber());
  }

  /**
   * Returns the frame of a line in Java's terms.
   *
   * @param fileName simple name; null if unknown
   * @param line -2 for native methods, another negative number if unknown
   */
  public Frame frame(String binaryName, String method, String fileName, int line) {
    String className = commonName(binaryName);
    String file;
    if (line == -2) {
      file = nativeFile(className);
    } else if (fileName == null) {
      file = NO_FILE;
    } else {
      file = directory(className) + fileName;
    }
    return named(className, method, file, Math.max(line, 0));
  }

  /** Returns the frame of a line in a profile's terms. */
  public Frame named(String className, String method, String file, int line) {
    Function function =
        functions.computeIfAbsent(
            new FunctionKey(className, method), key -> function(className, method, file));
    function.learnFile(file);
    return frames.computeIfAbsent(
        new FrameKey(function, line),
        key -> {
          bytes.add(FRAME_BYTES);
          return new Frame(key.function, key.line);
        });
  }

  /** About how much memory the table takes, in bytes. */
  public long bytes() {
    return bytes.sum();
  }

  /** Returns the function that contains an address, or null. */
  public Function at(long address) {
    return blocks.get(address >>> Function.BLOCK_BITS);
  }

  int size() {
    return frames.size();
  }

  private Function function(String className, String method, String file) {
    long hash = Objects.hash(className, method) & 0xffff_ffffL;
    bytes.add(FUNCTION_BYTES + 2L * (className.length() + method.length()) + file.length());
    long limit = 1L << (Function.ADDRESS_BITS - Function.BLOCK_BITS);
    // First choices are in the lower half of the blocks; collisions may use all. Block 0 stays
    // empty.
    for (long block = hash + 1; ; block = block % (limit - 1) + 1) {
      var function = new Function(this, className, method, file, block << Function.BLOCK_BITS);
      if (blocks.putIfAbsent(block, function) == null) {
        return function;
      }
    }
  }

  /** Removes the part of a hidden class's name that differs in each run. */
  private static String commonName(String className) {
    int slash = className.lastIndexOf('/');
    if (slash < 0) {
      return className;
    }
    String common = className.substring(0, slash);
    int dollar = common.indexOf("$$Lambda$"); // before JDK 21: $$Lambda$14/0x…
    return dollar < 0 ? common : common.substring(0, dollar + "$$Lambda".length());
  }

  private static String directory(String className) {
    return className.substring(0, className.lastIndexOf('.') + 1).replace('.', '/');
  }

  /**
   * The file of a native method, derived from its outermost class because a thread dump has none.
   */
  private static String nativeFile(String className) {
    int start = className.lastIndexOf('.') + 1;
    int end = className.indexOf('$', start + 1);
    return directory(className)
        + className.substring(start, end < 0 ? className.length() : end)
        + ".java";
  }

  /**
   * Finds the frames of stack trace elements without locks or garbage. Not thread-safe.
   *
   * @since 0.1.0
   */
  public final class Cache {
    private static final int SIZE = 1 << 12;

    private final StackTraceElement[] elements = new StackTraceElement[SIZE];
    private final Frame[] known = new Frame[SIZE];

    public Frame frame(StackTraceElement element) {
      String className = element.getClassName();
      String method = element.getMethodName();
      int line = element.getLineNumber();
      int hash = (className.hashCode() * 31 + method.hashCode()) * 31 + line;
      int slot = (hash ^ hash >>> 15) & (SIZE - 1);
      StackTraceElement cached = elements[slot];
      if (cached != null
          && cached.getLineNumber() == line
          && cached.getMethodName().equals(method)
          && cached.getClassName().equals(className)
          && Objects.equals(cached.getFileName(), element.getFileName())) {
        return known[slot];
      }
      Frame frame = FrameTable.this.frame(element);
      elements[slot] = element;
      known[slot] = frame;
      return frame;
    }
  }
}
