package dev.controlplane.pprof;

import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.sources.LiveSource;
import dev.controlplane.pprof.sources.Sweep;
import dev.controlplane.pprof.text.ByteBuilder;
import dev.controlplane.pprof.text.StackText;
import dev.controlplane.pprof.threads.Goroutine;
import dev.controlplane.pprof.threads.Roster;
import dev.controlplane.pprof.writers.ProfileWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Takes goroutine profiles of this JVM. Thread-safe: several profiles may be taken at the same
 * time, each by its calling thread. The JVM is not paused; threads are examined one by one while
 * they run.
 *
 * <p>Methods that write do not close the stream.
 *
 * @since 0.1.0
 */
public final class GoroutineProfiler {
  /**
   * Settings of a profiler. Immutable.
   *
   * @since 0.1.0
   */
  public static final class Options {
    private static final Options DEFAULTS = new Options(true, Source.AUTO, true);

    private final boolean labels;
    private final Source source;
    private final boolean jvmThreads;

    private Options(boolean labels, Source source, boolean jvmThreads) {
      this.labels = labels;
      this.source = Objects.requireNonNull(source, "source");
      this.jvmThreads = jvmThreads;
    }

    /** Shows labels and all threads; the source is chosen according to what is safe on this JVM. */
    public static Options defaults() {
      return DEFAULTS;
    }

    /** The same with or without labels, which some scrapers can't read. */
    public Options withLabels(boolean shown) {
      return new Options(shown, source, jvmThreads);
    }

    /** The same with another source for {@link Source#AUTO} to stand for. */
    public Options withSource(Source other) {
      return new Options(labels, other, jvmThreads);
    }

    /**
     * The same, showing or hiding the JVM's own threads, such as the finalizer and the carriers of
     * virtual threads. Go hides its own. The calling thread is always shown.
     */
    public Options withJvmThreads(boolean shown) {
      return new Options(labels, source, shown);
    }

    /** Whether labels are shown. */
    public boolean labels() {
      return labels;
    }

    /** The source that {@link Source#AUTO} stands for. */
    public Source source() {
      return source;
    }

    /** Whether the JVM's own threads are shown. */
    public boolean jvmThreads() {
      return jvmThreads;
    }
  }

  private final Options options;
  private final ShownThreads shown;

  private GoroutineProfiler(Options options) {
    this.options = options;
    this.shown = new ShownThreads(options);
  }

  /** Creates a profiler with these settings. */
  public static GoroutineProfiler create(Options options) {
    return new GoroutineProfiler(options);
  }

  /** Creates a profiler with the default settings. */
  public static GoroutineProfiler create() {
    return create(Options.defaults());
  }

  /** Returns the number of goroutines, without examining stacks. */
  public int count() {
    return shown.all().size();
  }

  /** What a goroutine profile counts, without any goroutine. */
  static Profile.Builder counted() {
    return Profile.builder(new Profile.ValueType(GoroutineKind.NAME, "count"));
  }

  /**
   * Counts goroutines by stack and labels, for {@code debug=0}, {@code debug=1} and deltas.
   * Includes the calling thread.
   *
   * @throws IOException if the source is the JVM's thread dump and that can't be taken or read
   */
  public Profile collect(Source source) throws IOException {
    ProfileObserver observer = ProfileObserver.begun();
    Goroutine caller = new LiveSource(options.labels()).caller();
    Profile.Builder counts = counted().add(caller.stack(), caller.labels(), 1);
    if (shown.areFromDump(source)) {
      shown.readDump(
          caller,
          (reader, facts) -> counts.add(reader.shape(facts).stack(), reader.labels(facts), 1));
    } else {
      LiveSource.unseen().ifPresent(counts::comment);
      Sweep.over(
          shown.others(),
          () -> {
            var live = new LiveSource(options.labels());
            return threads -> count(live, threads);
          },
          portion -> portion.forEach((key, count) -> counts.add(key.stack(), key.labels(), count)));
    }
    Profile profile = counts.build();
    observer.ended("counted", shown.areFromDump(source), profile.total(0));
    return profile;
  }

  /**
   * Writes the stack of every goroutine ({@code debug=2}), the calling one first. Stacks are
   * written as they are examined, so memory does not grow with their number.
   *
   * @return how many goroutines were written
   * @throws IOException as {@link #collect}, or if the stream fails
   */
  public long writeStacks(Source source, StackStyle style, OutputStream out) throws IOException {
    return writeStacks(source, style, Map.of(), out);
  }

  /**
   * As {@link #writeStacks(Source, StackStyle, OutputStream)}, with remarks on some goroutines.
   *
   * @param marks what to add to the state, such as {@code (leaked)}, by the goroutine's id
   */
  public long writeStacks(
      Source source, StackStyle style, Map<Long, String> marks, OutputStream out)
      throws IOException {
    ProfileObserver observer = ProfileObserver.begun();
    var text = new StackText(style);
    var buffer = new ByteBuilder(1 << 16);
    Goroutine caller = new LiveSource(options.labels()).caller();
    text.append(buffer, caller);
    long[] count = {1};
    if (shown.areFromDump(source)) {
      shown.readDump(
          caller,
          (reader, facts) -> {
            Goroutine goroutine = reader.goroutine(facts);
            if (goroutine != null) {
              text.append(buffer.append('\n'), goroutine.marked(marks));
              count[0]++;
              flush(buffer, out, 1 << 16);
            }
          });
    } else {
      flush(buffer, out, 0);
      Sweep.over(
          shown.others(),
          () -> {
            var live = new LiveSource(options.labels());
            var portionText = new StackText(style);
            return threads -> spell(live, portionText, marks, threads);
          },
          portion -> {
            portion.text.writeTo(out);
            count[0] += portion.count;
          });
    }
    flush(buffer, out, 0);
    observer.ended("stacks", shown.areFromDump(source), count[0]);
    return count[0];
  }

  /**
   * Writes a gzipped protobuf with one sample per goroutine ({@code debug=3}), labelled with its id
   * ({@code go::goroutine}, a number) and state ({@code go::goroutine_state}). Samples are written
   * as goroutines are examined.
   *
   * @return how many goroutines were written
   * @throws IOException as {@link #collect}, or if the stream fails
   */
  public long writePerGoroutine(Source source, OutputStream out) throws IOException {
    ProfileObserver observer = ProfileObserver.begun();
    Instant time = Instant.now();
    Goroutine caller = new LiveSource(options.labels()).caller();
    long[] count = {1};
    try (var writer = new ProfileWriter(out, counted().build())) {
      add(writer, caller);
      if (shown.areFromDump(source)) {
        shown.readDump(
            caller,
            (reader, facts) -> {
              Goroutine goroutine = reader.goroutine(facts);
              if (goroutine != null) {
                add(writer, goroutine);
                count[0]++;
              }
            });
      } else {
        Sweep.over(
            shown.others(),
            () -> {
              var live = new LiveSource(options.labels());
              return threads ->
                  threads.stream().map(live::goroutine).filter(Objects::nonNull).toList();
            },
            goroutines -> {
              for (Goroutine goroutine : goroutines) {
                add(writer, goroutine);
              }
              count[0] += goroutines.size();
            });
      }
      writer.finish(time, Duration.ZERO);
    }
    observer.ended("goroutines", shown.areFromDump(source), count[0]);
    return count[0];
  }

  /**
   * Returns the function for an address in a profile of this process ({@code /debug/pprof/symbol}).
   * The address may be a location's in a binary profile or a return address in a text profile,
   * which differ by one.
   */
  public static Optional<String> symbol(long pc) {
    return Optional.ofNullable(Roster.FRAMES.at(pc)).map(function -> function.name);
  }

  private static void add(ProfileWriter writer, Goroutine goroutine) throws IOException {
    writer.goroutine(goroutine.id(), goroutine.state(), goroutine.stack(), goroutine.labels());
  }

  /** The text of a portion of goroutines. */
  private record Spelled(ByteBuilder text, int count) {}

  private static Map<Profile.Key, Long> count(LiveSource live, List<Thread> threads) {
    var counts = new HashMap<Profile.Key, Long>();
    for (Thread thread : threads) {
      Profile.Key key = live.key(thread);
      if (key != null) {
        counts.merge(key, 1L, Long::sum);
      }
    }
    return counts;
  }

  private static Spelled spell(
      LiveSource live, StackText text, Map<Long, String> marks, List<Thread> threads) {
    var spelled = new ByteBuilder(1 << 16);
    int count = 0;
    for (Thread thread : threads) {
      Goroutine goroutine = live.goroutine(thread);
      if (goroutine != null) {
        text.append(spelled.append('\n'), goroutine.marked(marks));
        count++;
      }
    }
    return new Spelled(spelled, count);
  }

  private static void flush(ByteBuilder buffer, OutputStream out, int fuller) throws IOException {
    if (buffer.length() > fuller) {
      buffer.writeTo(out);
      buffer.clear();
    }
  }
}
