package dev.controlplane.pprof;

import dev.controlplane.pprof.model.LabelLimit;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.writers.ProfileText;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;

/**
 * The profile {@code goroutine}: the stacks of all threads.
 *
 * <p>Additions to Go:
 *
 * <ul>
 *   <li>{@code debug=3}: a binary profile with one sample per goroutine.
 *   <li>{@code source=live|hotspot}: where the facts come from.
 *   <li>{@code compat=panicparse}: spells {@code debug=2} so that panicparse can read it.
 *   <li>{@code labels=0|1}: hides or shows labels. Without it, the binary form has a bounded number
 *       of label sets ({@link LabelLimit}).
 * </ul>
 */
final class GoroutineKind implements ProfileKind.Snapshot {
  static final String NAME = "goroutine";

  private static final int PER_GOROUTINE = 3;

  private final GoroutineProfiler withLabels;
  private final GoroutineProfiler withoutLabels;
  private final boolean labelsShown;
  private final int labelSets;
  private final Marks marks;

  /** What to add to the states of some goroutines, by id. */
  @FunctionalInterface
  interface Marks {
    Map<Long, String> now() throws IOException;
  }

  /**
   * @param options whose labels are those of requests that don't say which
   * @param labelSets how many the binary form has, unless a request asks for all
   * @param marks for {@code debug=2}
   */
  GoroutineKind(GoroutineProfiler.Options options, int labelSets, Marks marks) {
    this.labelSets = labelSets;
    this.marks = marks;
    this.withLabels = GoroutineProfiler.create(options.withLabels(true));
    this.withoutLabels = GoroutineProfiler.create(options.withLabels(false));
    this.labelsShown = options.labels();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "Stack traces of all current goroutines. Use debug=2 as a query parameter to export in"
        + " the same format as an unrecovered panic.";
  }

  @Override
  public long count() {
    return withLabels.count();
  }

  @Override
  public boolean hasDelta() {
    return true;
  }

  @Override
  public Profile collect(Parameters parameters) throws IOException, IllegalParameterException {
    Wish wish = Wish.of(parameters);
    return profiler(wish).collect(wish.source);
  }

  @Override
  public Profile shown(Profile collected, Parameters parameters) throws IllegalParameterException {
    boolean all = Boolean.TRUE.equals(Wish.of(parameters).labels);
    return all ? collected : LabelLimit.apply(collected, labelSets);
  }

  @Override
  public boolean isBinary(long debug) {
    return debug == PER_GOROUTINE;
  }

  @Override
  public void writeText(long debug, Parameters parameters, OutputStream out)
      throws IOException, IllegalParameterException {
    Wish wish = Wish.of(parameters);
    GoroutineProfiler profiler = profiler(wish);
    if (debug == PER_GOROUTINE) {
      profiler.writePerGoroutine(wish.source, out);
    } else if (debug >= 2) {
      profiler.writeStacks(wish.source, wish.style, marks.now(), out);
    } else {
      ProfileText.write(profiler.collect(wish.source), out);
    }
  }

  private GoroutineProfiler profiler(Wish wish) {
    boolean shown = wish.labels == null ? labelsShown : wish.labels;
    return shown ? withLabels : withoutLabels;
  }

  /**
   * What a request asks for.
   *
   * @param labels null if it doesn't say
   */
  private record Wish(Boolean labels, Source source, StackStyle style) {
    static Wish of(Parameters parameters) throws IllegalParameterException {
      return new Wish(
          labels(parameters.text("labels")),
          source(parameters.text("source")),
          style(parameters.text("compat")));
    }

    private static Boolean labels(String text) throws IllegalParameterException {
      return switch (text) {
        case "" -> null;
        case "1", "true" -> true;
        case "0", "false" -> false;
        default ->
            throw new IllegalParameterException("invalid value for \"labels\" - must be 0 or 1");
      };
    }

    private static Source source(String name) throws IllegalParameterException {
      return name.isEmpty()
          ? Source.AUTO
          : Source.named(name)
              .orElseThrow(
                  () ->
                      new IllegalParameterException(
                          "invalid value for \"source\" - must be auto, live or hotspot"));
    }

    private static StackStyle style(String text) throws IllegalParameterException {
      return switch (text) {
        case "" -> StackStyle.GO;
        case "panicparse" -> StackStyle.PANICPARSE;
        default ->
            throw new IllegalParameterException(
                "invalid value for \"compat\" - must be panicparse");
      };
    }
  }
}
