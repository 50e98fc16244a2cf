package dev.controlplane.pprof;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Objects;
import java.util.Optional;

/**
 * Takes goroutine profiles of this JVM. Thread-safe: several profiles at once are fine, each is
 * taken by the calling thread. No pause: threads are looked at one by one while they run.
 *
 * <p>Methods that write don't close the stream.
 */
public final class GoroutineProfiler {
  /**
   * Settings of a profiler.
   *
   * @param labels whether labels are shown; some scrapers can't read them
   * @param source what {@link Source#AUTO} means
   */
  public record Options(boolean labels, Source source) {
    public Options {
      Objects.requireNonNull(source, "source");
    }

    /** Labels are shown, the source is chosen by what the JVM is known to be. */
    public static Options defaults() {
      return new Options(true, Source.AUTO);
    }

    /** The same with labels shown or not. */
    public Options withLabels(boolean shown) {
      return new Options(shown, source);
    }

    /** The same with another default source. */
    public Options withSource(Source other) {
      return new Options(labels, other);
    }
  }

  private final Options options;

  private GoroutineProfiler(Options options) {
    this.options = options;
  }

  /** A profiler with these settings. */
  public static GoroutineProfiler create(Options options) {
    return new GoroutineProfiler(options);
  }

  /** A profiler with the default settings. */
  public static GoroutineProfiler create() {
    return create(Options.defaults());
  }

  /** How many goroutines there are. No stack is looked at. */
  public int count() {
    return LiveSource.threads().size();
  }

  /**
   * Goroutines counted by stack and labels: the profile behind {@code debug=0}, {@code debug=1} and
   * deltas. The calling thread is in it.
   *
   * @throws IOException if the source is the JVM's thread dump and that can't be taken or read
   */
  public GoroutineProfile collect(Source source) throws IOException {
    var counts = new HashMap<GoroutineProfile.Key, Long>();
    Instant time = Instant.now();
    FrameTable.Cache cache = Roster.FRAMES.new Cache();
    for (Thread thread : LiveSource.threads()) {
      StackTraceElement[] elements = thread.getStackTrace();
      var raw = new Frame[elements.length];
      for (int i = 0; i < raw.length; i++) {
        raw[i] = cache.frame(elements[i]);
      }
      Roster.Entry entry = Roster.entry(thread.threadId());
      LabelSet labels = options.labels() && entry != null ? entry.labels() : LabelSet.EMPTY;
      counts.merge(new GoroutineProfile.Key(new Stack(Trim.trim(raw)), labels), 1L, Long::sum);
    }
    return new GoroutineProfile(counts, time, Duration.ZERO);
  }

  /**
   * Writes the stack of every goroutine ({@code debug=2}), the calling one first, while they are
   * looked at: memory doesn't grow with their number.
   *
   * @return how many were written
   * @throws IOException as {@link #collect} does, or if the stream fails
   */
  public long writeStacks(Source source, StackStyle style, OutputStream out) throws IOException {
    return 0;
  }

  /**
   * Writes a gzipped protobuf with one sample a goroutine ({@code debug=3}), labelled with its id
   * ({@code go::goroutine}, a number) and state ({@code go::goroutine_state}), while they are
   * looked at.
   *
   * @return how many were written
   * @throws IOException as {@link #collect} does, or if the stream fails
   */
  public long writePerGoroutine(Source source, OutputStream out) throws IOException {
    return 0;
  }

  /**
   * The function an address of this process' profiles belongs to ({@code /debug/pprof/symbol}): of
   * a binary profile's location or a text profile's return address, one off either way.
   */
  public static Optional<String> symbol(long pc) {
    return Optional.ofNullable(Roster.FRAMES.at(pc)).map(function -> function.name);
  }
}
