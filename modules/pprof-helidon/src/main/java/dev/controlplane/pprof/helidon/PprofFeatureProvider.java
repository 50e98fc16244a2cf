package dev.controlplane.pprof.helidon;

import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.Source;
import dev.controlplane.pprof.StandardProfiles;
import dev.controlplane.pprof.http.Access;
import dev.controlplane.pprof.http.PprofEndpoint;
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
 * environment variables such as {@code PPROF_ACCESS} set. {@link PprofEndpoint.Builder} and {@link
 * StandardProfiles.Builder} describe the options.
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
    StandardProfiles standard = profiles(config);
    PprofEndpoint.Builder endpoint = PprofEndpoint.builder(standard.profiles());
    text(config, "access").as(Access::parse).ifPresent(endpoint::access);
    text(config, "token").ifPresent(endpoint::token);
    text(config, "max-requests").as(Integer::valueOf).ifPresent(endpoint::maxRequests);
    PprofFeature.Builder feature =
        PprofFeature.builder(endpoint.build()).name(name).onStop(standard::close);
    text(config, "address").ifPresent(feature::address);
    return feature.build();
  }

  private static StandardProfiles profiles(Config config) {
    GoroutineProfiler.Options options = GoroutineProfiler.Options.defaults();
    options =
        options
            .withLabels(text(config, "labels").as(Boolean::parseBoolean).orElse(options.labels()))
            .withSource(
                text(config, "source").as(PprofFeatureProvider::source).orElse(options.source()))
            .withJvmThreads(
                text(config, "jvm-threads").as(Boolean::parseBoolean).orElse(options.jvmThreads()));
    return StandardProfiles.builder().goroutines(options).build();
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
