package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Profile.ValueType;
import dev.controlplane.pprof.model.Stack;
import dev.controlplane.pprof.sources.LiveSource;
import dev.controlplane.pprof.threads.Roster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The threads of the operating system, by the stack that created them, like Go's {@code
 * /debug/pprof/threadcreate}. A running {@link AllocsProfile} knows the creators of threads that
 * were started since. Other threads, and those of the JVM that run no Java code, have no stack, as
 * all of Go's have.
 *
 * @since 0.1.0
 */
public final class ThreadCreateProfile implements ProfileKind.Snapshot {
  private static final ValueType TYPE = new ValueType("threadcreate", "count");
  private static final Path TASKS = Path.of("/proc/self/task");
  private static final Stack NONE = new Stack(new Frame[0]);

  private final AllocsProfile allocations;

  /** Knows only the creators of threads that {@code Goroutines} started. */
  public ThreadCreateProfile() {
    this.allocations = null;
  }

  /** Knows the creators of threads that were started since the recording was. */
  public ThreadCreateProfile(AllocsProfile allocations) {
    this.allocations = allocations;
  }

  @Override
  public String name() {
    return "threadcreate";
  }

  @Override
  public String description() {
    return "Stack traces that led to the creation of new OS threads";
  }

  @Override
  public long count() {
    return threads();
  }

  @Override
  public boolean hasDelta() {
    return true;
  }

  @Override
  public Profile collect(Parameters parameters) {
    Profile.Builder profile = Profile.builder(TYPE);
    long unknown = threads();
    for (Thread thread : platformThreads()) {
      Stack creator = creator(thread);
      if (creator != null) {
        profile.add(creator, LabelSet.EMPTY, 1);
        unknown--;
      }
    }
    if (unknown > 0) {
      profile.add(NONE, LabelSet.EMPTY, unknown);
    }
    return profile.build();
  }

  private Stack creator(Thread thread) {
    Stack recorded = allocations == null ? null : allocations.creators().of(thread);
    if (recorded != null) {
      return recorded;
    }
    Roster.Entry entry = Roster.entry(thread.threadId());
    return entry == null || entry.creator() == null
        ? null
        : new Stack(new Frame[] {entry.creator()});
  }

  private static List<Thread> platformThreads() {
    List<Thread> threads = LiveSource.threads();
    threads.removeIf(Thread::isVirtual);
    return threads;
  }

  /** The threads of this process, also those that run no Java code where the system tells them. */
  private static long threads() {
    try (Stream<Path> tasks = Files.list(TASKS)) {
      return tasks.count();
    } catch (IOException e) {
      return platformThreads().size();
    }
  }
}
