package dev.controlplane.pprof;

import dev.controlplane.pprof.contention.Contention;
import dev.controlplane.pprof.deadlock.DeadlockKind;
import dev.controlplane.pprof.jfr.AllocsProfile;
import dev.controlplane.pprof.jfr.CpuProfile;
import dev.controlplane.pprof.jfr.HeapProfile;
import dev.controlplane.pprof.jfr.ThreadCreateProfile;
import dev.controlplane.pprof.jfr.TraceRecording;
import dev.controlplane.pprof.leak.LeakKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The profiles that this library has, for a server to serve and for a program to add its own to.
 * What costs something while nobody asks for it is off by default.
 *
 * <pre>{@code
 * try (StandardProfiles standard = StandardProfiles.builder().build()) {
 *   serve(standard.profiles());
 * }
 * }</pre>
 *
 * @since 0.1.0
 */
public final class StandardProfiles implements AutoCloseable {
  private final Profiles profiles = new Profiles();
  private final List<ProfileKind> own = new ArrayList<>();

  private final Contention contention;

  private StandardProfiles(Builder builder) {
    var deadlocks = new DeadlockKind(builder.goroutines);
    add(new GoroutineKind(builder.goroutines, builder.labelSets, deadlocks::marks));
    add(deadlocks);
    add(new LeakKind(builder.goroutines, builder.leakHeapLimit));
    contention = builder.contention == null ? Contention.off() : builder.contention.start();
    add(contention.block());
    add(contention.mutex());
    if (builder.contention != null) {
      add(new DeltaSinceLast("delta_block", contention.block()));
      add(new DeltaSinceLast("delta_mutex", contention.mutex()));
    }
    addRecorded(builder);
  }

  /** What the Flight Recorder gives. */
  private void addRecorded(Builder builder) {
    add(new CpuProfile(builder.cpu));
    add(new TraceRecording());
    if (!builder.allocations) {
      add(new HeapProfile());
      add(new ThreadCreateProfile());
      return;
    }
    var allocations = AllocsProfile.start();
    var heap = new HeapProfile(allocations);
    add(allocations);
    add(heap);
    add(new DeltaSinceLast("delta_heap", heap));
    add(new ThreadCreateProfile(allocations));
  }

  private void add(ProfileKind kind) {
    profiles.add(kind);
    own.add(kind);
  }

  /** Begins with the default settings. */
  public static Builder builder() {
    return new Builder();
  }

  /** The profiles by name. */
  public Profiles profiles() {
    return profiles;
  }

  /** Ends what runs while nobody asks, such as threads that gather samples. */
  @Override
  public void close() {
    contention.close();
    for (ProfileKind kind : own) {
      if (kind instanceof AutoCloseable running) {
        close(kind.name(), running);
      }
    }
  }

  private static void close(String name, AutoCloseable running) {
    try {
      running.close();
    } catch (Exception e) {
      System.getLogger(StandardProfiles.class.getName())
          .log(System.Logger.Level.WARNING, "The profile " + name + " could not be ended", e);
    }
  }

  /**
   * The settings of the profiles. Not thread-safe.
   *
   * @since 0.1.0
   */
  public static final class Builder {
    private GoroutineProfiler.Options goroutines = GoroutineProfiler.Options.defaults();

    private CpuProfile.Source cpu = CpuProfile.Source.SAMPLES;
    private boolean allocations;
    private Contention.Builder contention;
    private int labelSets = 500;
    private long leakHeapLimit = 1L << 29;

    private Builder() {}

    /**
     * Measures waits for the profiles block and mutex, which are empty otherwise. This costs CPU
     * time while nobody asks: at most half a percent of a core by default.
     */
    public Builder contention(Contention.Builder settings) {
      contention = Objects.requireNonNull(settings, "settings");
      return this;
    }

    /**
     * Sets how goroutines are shown, where a request doesn't say: with labels or without, from
     * which source, with the JVM's own threads or without.
     */
    public Builder goroutines(GoroutineProfiler.Options options) {
      goroutines = Objects.requireNonNull(options, "options");
      return this;
    }

    /** Sets where CPU profiles come from; by default {@link CpuProfile.Source#SAMPLES}. */
    public Builder cpu(CpuProfile.Source source) {
      cpu = Objects.requireNonNull(source, "source");
      return this;
    }

    /**
     * Sets whether allocations are recorded all the time, for {@code allocs}, {@code delta_heap},
     * the stacks of {@code heap} and those of {@code threadcreate}; by default not. It costs some
     * CPU time while nobody asks. Without it, {@code heap} is by class.
     */
    public Builder allocations(boolean recorded) {
      allocations = recorded;
      return this;
    }

    /**
     * Sets how many distinct label sets the profile goroutine has at most in its binary form; by
     * default 500. Goroutines with other labels are counted without the label that has most values,
     * because a scraper makes a time series of each label set. A request with {@code labels=1} gets
     * all.
     *
     * @throws IllegalArgumentException if the number is negative
     */
    public Builder labelSets(int limit) {
      if (limit < 0) {
        throw new IllegalArgumentException("the number of label sets can't be " + limit);
      }
      labelSets = limit;
      return this;
    }

    /**
     * Sets how large the heap in use may be, in bytes, for the profile goroutineleak, which dumps
     * it into a temporary file; by default 512 MB. With a larger heap a request for it fails.
     */
    public Builder leakHeapLimit(long bytes) {
      leakHeapLimit = bytes;
      return this;
    }

    /** Completes the profiles, and starts what they gather while nobody asks. */
    public StandardProfiles build() {
      return new StandardProfiles(this);
    }
  }
}
