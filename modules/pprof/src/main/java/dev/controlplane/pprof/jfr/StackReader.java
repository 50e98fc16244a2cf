package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.Stack;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordedStackTrace;

/**
 * Turns the stacks of recorded events into stacks of profiles, with the same frames hidden as in
 * goroutine profiles. Used by one thread, except {@link #remark}.
 */
final class StackReader {
  private final FrameTable table;
  private final Stack unknown;

  /** The recorder has one object for all events of a portion that have the same stack. */
  private final IdentityHashMap<RecordedStackTrace, Stack> portion = new IdentityHashMap<>();

  private final AtomicLong truncated = new AtomicLong();
  private volatile int deepest;

  StackReader(FrameTable table) {
    this.table = table;
    this.unknown = stackOf(table, "unknownStack");
  }

  /** A stack of one frame that stands for no code of the program. */
  static Stack stackOf(FrameTable table, String name) {
    return new Stack(new Frame[] {table.named("jvm", name, FrameTable.NO_FILE, 0)});
  }

  /**
   * Reads a stack.
   *
   * @param trace null if the recorder could not walk it
   */
  Stack read(RecordedStackTrace trace) {
    if (trace == null) {
      return unknown;
    }
    if (trace.isTruncated()) {
      truncated.incrementAndGet();
    }
    return portion.computeIfAbsent(trace, this::convert);
  }

  /** Forgets the stacks of a portion, because its objects do not come again. */
  void endPortion() {
    portion.clear();
  }

  /** What to tell of stacks that were too deep for the recorder. */
  Optional<String> remark() {
    return truncated.get() == 0
        ? Optional.empty()
        : Optional.of(
            "%d samples lost frames at the root: the Flight Recorder keeps %d frames of a stack;"
                    .formatted(truncated.get(), deepest)
                + " -XX:FlightRecorderOptions:stackdepth=256 keeps more");
  }

  private Stack convert(RecordedStackTrace trace) {
    List<RecordedFrame> recorded = trace.getFrames();
    deepest = Math.max(deepest, recorded.size());
    var frames = new ArrayList<Frame>(recorded.size());
    for (RecordedFrame frame : recorded) {
      RecordedMethod method = frame.getMethod();
      if (frame.isJavaFrame() && method != null && !isHidden(method)) {
        frames.add(frame(method, frame.getLineNumber()));
      }
    }
    return frames.isEmpty() ? unknown : Stack.visible(frames.toArray(Frame[]::new));
  }

  /**
   * Whether {@code Thread.getStackTrace} would hide it: the glue that the JVM makes for lambdas.
   */
  private static boolean isHidden(RecordedMethod method) {
    return method.isHidden() || method.getType().getName().contains("$$Lambda");
  }

  private Frame frame(RecordedMethod method, int line) {
    String className = commonName(method.getType().getName());
    return table.frame(className, method.getName(), file(className), line);
  }

  /** Removes the part of a hidden class's name that differs in each run. */
  private static String commonName(String className) {
    int address = className.lastIndexOf("0x");
    if (address < 2) {
      return className;
    }
    char before = className.charAt(address - 1);
    return before == '.' || before == '/' || before == '+'
        ? className.substring(0, address - 1)
        : className;
  }

  /** A recorded frame has no file: the one of its outermost class, as Java compilers want it. */
  private static String file(String className) {
    int start = className.lastIndexOf('.') + 1;
    int end = className.indexOf('$', start + 1);
    return className.substring(start, end < 0 ? className.length() : end) + ".java";
  }
}
