package dev.controlplane.server;

import io.helidon.metrics.api.FunctionalCounter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The bounds of one server: whatever clients can take up stands here, with the setting that limits
 * it. The metrics show of each how much is in use, how much may be, and how often a client was
 * refused: {@code controlplane_bound_in_use}, {@code controlplane_bound_limit}, {@code
 * controlplane_bound_refusals_total}, with the labels {@code bound} and {@code setting}.
 */
public final class Admission {
  private final MeterRegistry registry;

  /** The registry may know them weakly. */
  private final List<LongSupplier> refusals = new ArrayList<>();

  /** No bounds yet. */
  public Admission(MeterRegistry registry) {
    this.registry = registry;
  }

  /**
   * A bound that the server counts by itself.
   *
   * @param name what the metrics call it, such as {@code uploads}
   * @param taken as for {@link Bound}
   */
  public Bound bound(String name, String taken, String setting, long limit) {
    Bound bound = new Bound(taken, setting, limit);
    refusing(name, setting, limit, bound::inUse, bound::refusals);
    return bound;
  }

  /** A bound beyond which clients are refused, counted elsewhere. */
  public void refusing(
      String name, String setting, long limit, LongSupplier inUse, LongSupplier refusals) {
    waiting(name, setting, limit, inUse);
    countRefusals(name, setting, refusals);
  }

  /**
   * A bound of each connection or each request, beyond which clients are refused. What all of them
   * together have in use is not shown.
   */
  public void refusingEach(String name, String setting, long limit, LongSupplier refusals) {
    showLimit(name, setting, limit);
    countRefusals(name, setting, refusals);
  }

  private void countRefusals(String name, String setting, LongSupplier refusals) {
    this.refusals.add(refusals);
    registry.getOrCreate(
        FunctionalCounter.builder("controlplane.bound.refusals", refusals, LongSupplier::getAsLong)
            .description("Times that a client was refused because of a bound")
            .tags(tags(name, setting)));
  }

  /** A bound beyond which clients wait, counted elsewhere. */
  public void waiting(String name, String setting, long limit, LongSupplier inUse) {
    registry.getOrCreate(
        Gauge.builder("controlplane.bound.in.use", inUse::getAsLong)
            .description("How much of a bound clients have taken")
            .tags(tags(name, setting)));
    showLimit(name, setting, limit);
  }

  private void showLimit(String name, String setting, long limit) {
    registry.getOrCreate(
        Gauge.builder("controlplane.bound.limit", () -> limit)
            .description("How much clients may take: the bound's setting")
            .tags(tags(name, setting)));
  }

  private static List<Tag> tags(String name, String setting) {
    return List.of(Tag.create("bound", name), Tag.create("setting", Settings.variable(setting)));
  }
}
