package dev.controlplane.pprof.census;

import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.model.ProgramName;
import dev.controlplane.pprof.model.Stack;
import dev.controlplane.pprof.sources.JvmThreads;
import dev.controlplane.pprof.sources.LiveSource;
import dev.controlplane.pprof.sources.Sweep;
import dev.controlplane.pprof.threads.Goroutine;
import java.io.IOException;
import java.lang.ref.SoftReference;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Counts goroutines by stack and state, again and again, and finds those that stand still: the
 * goroutines that every look found at the same place in the same state. Thread-safe; one walk over
 * the threads at a time. Nothing runs between looks.
 *
 * <p>The JVM does not record since when a thread waits. A goroutine that moved on and came back to
 * the same place between two looks counts as standing still.
 */
public final class GoroutineCensus {
  /** Somebody who asks again this soon gets the same look, so that many viewers cost as one. */
  private static final Duration FRESH = Duration.ofMillis(500);

  /** After a longer pause nothing is known about what goroutines did meanwhile. */
  private static final Duration MEMORY = Duration.ofMinutes(1);

  /**
   * What one walk over the threads found.
   *
   * @param program the main class or jar of this process
   * @param time when the walk began
   * @param walk how long it took
   * @param groups every group once, in no order
   */
  public record Look(String program, Instant time, Duration walk, List<Group> groups) {
    /** The number of goroutines. */
    public long total() {
      return groups.stream().mapToLong(Group::count).sum();
    }
  }

  /**
   * The goroutines with the same stack in the same state.
   *
   * @param stack leaf first
   * @param state Go's word for what they do or wait for
   * @param longest the id of the one that has stood there longest, as far as looks can tell
   * @param since how long that is; zero if it was not there at the look before
   */
  public record Group(Stack stack, String state, long count, long longest, Duration since) {}

  private record Place(Stack stack, String state) {}

  private record Seen(long id, Place place) {}

  private static final class Tally {
    private final Place place;
    private long count;
    private long longest;
    private long since = Long.MAX_VALUE;

    private Tally(Place place) {
      this.place = place;
    }

    private void add(long id, long arrived) {
      count++;
      if (arrived < since) {
        since = arrived;
        longest = id;
      }
    }
  }

  private final boolean jvmThreads;
  private final ReentrantLock lock = new ReentrantLock();
  private Look last;
  private long lastNanos;

  /** May be dropped when memory is short; goroutines then seem to have just arrived. */
  private SoftReference<Arrivals<Place>> arrivals = new SoftReference<>(null);

  /**
   * Creates a census that has not looked yet. It walks over the live threads, whatever the source
   * of the options is.
   */
  public GoroutineCensus(GoroutineProfiler.Options options) {
    this.jvmThreads = options.jvmThreads();
  }

  /**
   * Looks at all goroutines except the calling one. Returns the look of half a second ago, if there
   * is one.
   *
   * @throws IOException if the walk is interrupted or a thread can't be examined
   */
  public Look look() throws IOException {
    lock.lock();
    try {
      long now = System.nanoTime();
      if (last == null || now - lastNanos > FRESH.toNanos()) {
        last = walk(now);
        lastNanos = System.nanoTime();
      }
      return last;
    } finally {
      lock.unlock();
    }
  }

  private Look walk(long start) throws IOException {
    Instant time = Instant.now();
    List<Thread> threads = LiveSource.threads();
    threads.removeIf(thread -> thread == Thread.currentThread());
    if (!jvmThreads) {
      threads.removeIf(JvmThreads::has);
    }
    Arrivals<Place> before = start - lastNanos < MEMORY.toNanos() ? arrivals.get() : null;
    var after = new Arrivals<Place>(threads.size());
    var tallies = new HashMap<Place, Tally>();
    Sweep.over(
        threads,
        () -> {
          var live = new LiveSource(false);
          return portion -> portion.stream().map(thread -> seen(live, thread)).toList();
        },
        portion -> {
          for (Seen seen : portion) {
            if (seen != null) {
              long arrived = before == null ? start : before.of(seen.id, seen.place, start);
              Tally tally = tallies.computeIfAbsent(seen.place, Tally::new);
              tally.add(seen.id, arrived);
              // One place for all who are there: the table lives until the next look.
              after.put(seen.id, tally.place, arrived);
            }
          }
        });
    arrivals = new SoftReference<>(after);
    Duration walk = Duration.ofNanos(System.nanoTime() - start);
    return new Look(ProgramName.ofThisJvm(), time, walk, groups(tallies, start));
  }

  private static Seen seen(LiveSource live, Thread thread) {
    Goroutine goroutine = live.goroutine(thread);
    return goroutine == null
        ? null
        : new Seen(goroutine.id(), new Place(goroutine.stack(), goroutine.state()));
  }

  private static List<Group> groups(Map<Place, Tally> tallies, long now) {
    var groups = new ArrayList<Group>(tallies.size());
    tallies.forEach(
        (place, tally) ->
            groups.add(
                new Group(
                    place.stack,
                    place.state,
                    tally.count,
                    tally.longest,
                    Duration.ofNanos(now - tally.since))));
    return groups;
  }

  /** When each goroutine came to where it is: an open-addressing table from ids, for many ids. */
  static final class Arrivals<P> {
    private final long[] ids;
    private final Object[] places;
    private final long[] times;
    private final int mask;

    Arrivals(int most) {
      int size = Integer.highestOneBit(Math.max(8, most)) * 4;
      ids = new long[size];
      places = new Object[size];
      times = new long[size];
      mask = size - 1;
    }

    /** The time at which a goroutine came to this place; {@code otherwise} if it was elsewhere. */
    long of(long id, P place, long otherwise) {
      int slot = slot(id);
      return Objects.equals(places[slot], place) ? times[slot] : otherwise;
    }

    void put(long id, P place, long time) {
      int slot = slot(id);
      ids[slot] = id;
      places[slot] = place;
      times[slot] = time;
    }

    private int slot(long id) {
      int slot = Long.hashCode(id * 0x9E3779B97F4A7C15L) & mask;
      while (places[slot] != null && ids[slot] != id) {
        slot = (slot + 1) & mask;
      }
      return slot;
    }
  }
}
