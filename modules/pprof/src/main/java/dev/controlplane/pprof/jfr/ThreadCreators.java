package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.model.Stack;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingStream;

/** Where the platform threads that are alive were started, as a recording saw it. Thread-safe. */
final class ThreadCreators {
  private static final int MOST = 1 << 15;

  private final Map<Long, Stack> byThread = new ConcurrentHashMap<>();
  private final StackReader stacks;

  /**
   * @param stacks used by the thread that reads the recording
   */
  ThreadCreators(StackReader stacks) {
    this.stacks = stacks;
  }

  void subscribe(RecordingStream stream) {
    stream.enable("jdk.ThreadStart").withStackTrace();
    stream.enable("jdk.ThreadEnd");
    stream.onEvent(
        "jdk.ThreadStart",
        event -> {
          RecordedThread thread = event.getThread("thread");
          if (thread != null && event.getStackTrace() != null && byThread.size() < MOST) {
            byThread.put(thread.getJavaThreadId(), stacks.read(event.getStackTrace()));
          }
        });
    stream.onEvent(
        "jdk.ThreadEnd",
        event -> {
          RecordedThread thread = event.getThread("thread");
          if (thread != null) {
            byThread.remove(thread.getJavaThreadId());
          }
        });
  }

  /** How many threads are known. */
  int size() {
    return byThread.size();
  }

  /** The stack of the thread that started a thread; null if unknown. */
  Stack of(Thread thread) {
    return byThread.get(thread.threadId());
  }
}
