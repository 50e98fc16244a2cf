package dev.controlplane.pprof;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import jdk.internal.vm.ThreadContainer;
import jdk.internal.vm.ThreadContainers;

/** Walks the live threads of this JVM. */
final class LiveSource {
  private LiveSource() {}

  /** Every live thread, platform and virtual, once. */
  static List<Thread> threads() {
    var threads = new ArrayList<Thread>();
    addThreads(ThreadContainers.root(), threads);
    return threads;
  }

  private static void addThreads(ThreadContainer container, List<Thread> threads) {
    container.threads().forEach(threads::add);
    container.children().filter(Objects::nonNull).forEach(child -> addThreads(child, threads));
  }
}
