package dev.controlplane.transport;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import jdk.internal.vm.ThreadContainer;
import jdk.internal.vm.ThreadContainers;

/** The virtual threads that Helidon started for streams and connections. */
public final class Threads {
  private static final Pattern STREAM = Pattern.compile("\\[0x\\S+ 0x\\S+ ] - \\d+");

  private Threads() {}

  public static List<Thread> ofStreams() {
    return named(STREAM);
  }

  static List<Thread> ofConnections() {
    return named(Pattern.compile("\\[.*] WebServer socket"));
  }

  private static List<Thread> named(Pattern name) {
    return in(ThreadContainers.root()).filter(t -> name.matcher(t.getName()).matches()).toList();
  }

  private static Stream<Thread> in(ThreadContainer container) {
    return Stream.concat(
        container.threads().filter(Thread::isVirtual), container.children().flatMap(Threads::in));
  }
}
