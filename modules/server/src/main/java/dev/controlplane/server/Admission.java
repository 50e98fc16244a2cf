package dev.controlplane.server;

import dev.controlplane.server.settings.Settings;
import dev.controlplane.transport.http2.StreamBound;
import io.helidon.metrics.api.FunctionalCounter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The limits of one server: everything that clients can use up is registered here, with the setting
 * that limits it. For each limit the metrics show how much is in use, how much may be used, and how
 * often a client was refused: {@code controlplane_bound_in_use}, {@code controlplane_bound_limit}
 * and {@code controlplane_bound_refusals_total}, with the labels {@code bound} and {@code setting}.
 */
public final class Admission {
  private final MeterRegistry registry;

  /** Keeps the suppliers reachable, because the registry may hold them by weak references. */
  private final List<LongSupplier> refusals = new ArrayList<>();

  /** Creates it without limits. */
  public Admission(MeterRegistry registry) {
    this.registry = registry;
  }

  /**
   * Adds a limit that the returned object counts.
   *
   * @param name the limit's name in the metrics, such as {@code uploads}
   * @param taken as for {@link Bound}
   */
  public Bound bound(String name, String taken, String setting, long limit) {
    Bound bound = new Bound(taken, setting, limit);
    refusing(name, setting, limit, bound::inUse, bound::refusals);
    return bound;
  }

  /** Adds a limit of the HTTP/2 streams of all connections of a socket. */
  public StreamBound streams(String name, String setting, long limit) {
    StreamBound bound = new StreamBound(Settings.variable(setting), limit);
    refusing(name, setting, limit, bound::open, bound::refused);
    return bound;
  }

  /** Adds a limit that is counted elsewhere. Clients beyond it are refused. */
  public void refusing(
      String name, String setting, long limit, LongSupplier inUse, LongSupplier refusals) {
    waiting(name, setting, limit, inUse);
    countRefusals(name, setting, refusals);
  }

  /**
   * Adds a limit that applies to each connection or request separately, and whose excess is
   * refused. The metrics do not show how much is in use.
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

  /** Adds a limit that is counted elsewhere. Clients beyond it wait. */
  public void waiting(String name, String setting, long limit, LongSupplier inUse) {
    registry.getOrCreate(
        Gauge.builder("controlplane.bound.in.use", inUse::getAsLong)
            .description("How much of a bound clients use")
            .tags(tags(name, setting)));
    showLimit(name, setting, limit);
  }

  private void showLimit(String name, String setting, long limit) {
    registry.getOrCreate(
        Gauge.builder("controlplane.bound.limit", () -> limit)
            .description("The most that clients may use: the bound's setting")
            .tags(tags(name, setting)));
  }

  private static List<Tag> tags(String name, String setting) {
    return List.of(Tag.create("bound", name), Tag.create("setting", Settings.variable(setting)));
  }
}
