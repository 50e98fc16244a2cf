package dev.controlplane.pprof.leak;

import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.Source;
import dev.controlplane.pprof.StackStyle;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.sources.HeapDumpFile;
import dev.controlplane.pprof.sources.LiveSource;
import dev.controlplane.pprof.threads.Goroutine;
import dev.controlplane.pprof.writers.ProfileText;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The profile {@code goroutineleak}: threads that wait on what no thread can reach that could wake
 * them, such as a queue that everybody else has dropped.
 *
 * <p>Each request lets the JVM dump its heap into a temporary file, which pauses the JVM, and reads
 * the dump. Requests take turns.
 *
 * <p>{@code debug=2} shows all goroutines; the state of leaked ones ends in {@code (leaked)}, as in
 * Go.
 *
 * @since 0.1.0
 */
public final class LeakKind implements ProfileKind.Snapshot {
  private static final String NAME = "goroutineleak";

  private final ReentrantLock turn = new ReentrantLock();
  private final GoroutineProfiler goroutines;
  private final long maxHeap;
  private volatile long found;

  /**
   * The profile of this JVM.
   *
   * @param goroutines the settings of {@code debug=2}
   * @param maxHeap the largest heap in use, in bytes, that is dumped
   */
  public LeakKind(GoroutineProfiler.Options goroutines, long maxHeap) {
    this.goroutines = GoroutineProfiler.create(goroutines);
    this.maxHeap = maxHeap;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "Stack traces of all leaked goroutines. Use debug=2 as a query parameter to export in"
        + " the same format as an unrecovered panic.";
  }

  /** How many leaked threads the last request found. */
  @Override
  public long count() {
    return found;
  }

  @Override
  public boolean hasDelta() {
    return true;
  }

  @Override
  public Profile collect(Parameters parameters) throws IOException {
    Profile.Builder profile = Profile.builder(new Profile.ValueType(NAME, "count"));
    leaked().values().forEach(leak -> profile.add(leak.stack(), leak.labels(), 1));
    return profile.build();
  }

  @Override
  public void writeText(long debug, Parameters parameters, OutputStream out) throws IOException {
    if (debug < 2) {
      ProfileText.write(collect(parameters), out);
      return;
    }
    var marks = new HashMap<Long, String>();
    leaked().keySet().forEach(id -> marks.put(id, " (leaked)"));
    goroutines.writeStacks(Source.LIVE, StackStyle.GO, marks, out);
  }

  private Map<Long, Goroutine> leaked() throws IOException {
    // On a thread of its own: the caller's may be virtual, and this keeps a core busy for a while.
    var search = new FutureTask<>(this::search);
    Thread helper = Thread.ofPlatform().daemon().name("pprof-goroutineleak").unstarted(search);
    LiveSource.hide(helper);
    try {
      turn.lockInterruptibly();
      try {
        helper.start();
        Map<Long, Goroutine> leaked = search.get();
        found = leaked.size();
        return leaked;
      } finally {
        turn.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    } catch (ExecutionException e) {
      throw new IOException("leaks can't be found: " + e.getCause().getMessage(), e.getCause());
    } finally {
      LiveSource.show(helper);
    }
  }

  private Map<Long, Goroutine> search() throws IOException {
    var suspects = new Suspects();
    Map<Long, Integer> waiting = suspects.waiting();
    Set<Long> leaked;
    try (HeapDumpFile file = HeapDumpFile.take(maxHeap)) {
      leaked = Reachability.leaked(new HeapDump(file), waiting.keySet());
    }
    return suspects.stillWaiting(waiting, leaked);
  }
}
