package dev.controlplane.pprof;

import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.sources.HotSpotSource;
import dev.controlplane.pprof.sources.JvmThreads;
import dev.controlplane.pprof.sources.LiveSource;
import dev.controlplane.pprof.sources.Sweep;
import dev.controlplane.pprof.threads.Goroutine;
import dev.controlplane.pprof.threads.InheritedLabels;
import dev.controlplane.pprof.threads.Interpreter;
import dev.controlplane.pprof.threads.ThreadFacts;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The threads that profiles with certain options show, and the source that tells of them. */
final class ShownThreads {
  /** Receives the threads of a dump. */
  @FunctionalInterface
  interface DumpVisitor {
    void thread(Interpreter reader, ThreadFacts facts) throws IOException;
  }

  private final GoroutineProfiler.Options options;

  ShownThreads(GoroutineProfiler.Options options) {
    this.options = options;
  }

  /** Whether they are read from the JVM's dump, if a request asks for this source. */
  boolean areFromDump(Source source) {
    Source asked = source == Source.AUTO ? options.source() : source;
    return switch (asked) {
      case AUTO -> HotSpotSource.safe();
      case HOTSPOT -> true;
      case LIVE -> false;
    };
  }

  /** All threads that are shown. */
  List<Thread> all() {
    List<Thread> threads = LiveSource.threads();
    if (!options.jvmThreads()) {
      threads.removeIf(JvmThreads::has);
    }
    return threads;
  }

  /** All threads that are shown, except the calling thread. */
  List<Thread> others() {
    List<Thread> threads = all();
    threads.remove(Thread.currentThread());
    return threads;
  }

  /**
   * Passes the dump's threads to a visitor, except hidden threads, the calling thread and the
   * threads that help to take profiles.
   */
  void readDump(Goroutine caller, DumpVisitor visitor) throws IOException {
    Interpreter reader = Interpreter.ofThisJvm(options.labels());
    // The dump tells neither which labels a thread inherited nor whose it is.
    List<Thread> live =
        options.labels() || !options.jvmThreads() ? LiveSource.threads() : List.of();
    Map<Long, LabelSet> inherited = options.labels() ? InheritedLabels.byId(live) : Map.of();
    Set<Long> hidden =
        options.jvmThreads()
            ? Set.of()
            : live.stream()
                .filter(JvmThreads::has)
                .map(Thread::threadId)
                .collect(Collectors.toSet());
    HotSpotSource.read(
        facts -> {
          facts.inherited = inherited.getOrDefault(facts.id, LabelSet.EMPTY);
          if (facts.id != caller.id()
              && !facts.name.equals(Sweep.HELPER_NAME)
              && !hidden.contains(facts.id)) {
            visitor.thread(reader, facts);
          }
        });
  }
}
