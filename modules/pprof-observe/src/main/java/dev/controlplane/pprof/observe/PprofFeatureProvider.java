package dev.controlplane.pprof.observe;

import dev.controlplane.pprof.Source;
import io.helidon.config.Config;
import io.helidon.config.ConfigValue;
import io.helidon.webserver.spi.ServerFeatureProvider;
import java.util.Locale;

/**
 * Creates {@link PprofFeature} for Helidon servers from {@code server.features.pprof}:
 *
 * <ul>
 *   <li>{@code access}: {@code loopback}, {@code off}, {@code all} or {@code token}
 *   <li>{@code token}
 *   <li>{@code address}: {@code host:port}
 *   <li>{@code labels}: {@code true} or {@code false}
 *   <li>{@code source}: {@code auto}, {@code live} or {@code hotspot}
 *   <li>{@code jvm-threads}: {@code true} or {@code false}
 *   <li>{@code max-requests}: a number, by default 16
 * </ul>
 *
 * <p>An option that is missing there is taken from the top-level key {@code pprof}, which
 * environment variables such as {@code PPROF_ACCESS} set. {@link PprofSettings} describes the
 * options.
 */
public final class PprofFeatureProvider implements ServerFeatureProvider<PprofFeature> {
  /** Called by the service loader. */
  public PprofFeatureProvider() {}

  @Override
  public String configKey() {
    return PprofFeature.TYPE;
  }

  @Override
  public PprofFeature create(Config config, String name) {
    return PprofFeature.create(name, settings(config));
  }

  private static PprofSettings settings(Config config) {
    PprofSettings defaults = PprofSettings.defaults();
    return new PprofSettings(
        text(config, "access").as(Access::parse).orElse(defaults.access()),
        text(config, "token").asOptional(),
        text(config, "address").asOptional(),
        text(config, "labels").as(Boolean::parseBoolean).orElse(defaults.labels()),
        text(config, "source").as(PprofFeatureProvider::source).orElse(defaults.source()),
        text(config, "jvm-threads").as(Boolean::parseBoolean).orElse(defaults.jvmThreads()),
        text(config, "max-requests").as(Integer::valueOf).orElse(defaults.maxRequests()));
  }

  private static ConfigValue<String> text(Config config, String key) {
    ConfigValue<String> own = config.get(key).asString();
    return own.isPresent() ? own : config.root().get(PprofFeature.TYPE).get(key).asString();
  }

  private static Source source(String name) {
    return Source.named(name.strip().toLowerCase(Locale.ROOT))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "pprof source is \"" + name + "\"; expected: auto, live or hotspot"));
  }
}
