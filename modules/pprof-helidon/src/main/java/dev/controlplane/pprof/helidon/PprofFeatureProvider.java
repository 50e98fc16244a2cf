package dev.controlplane.pprof.helidon;

import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.Source;
import dev.controlplane.pprof.StandardProfiles;
import dev.controlplane.pprof.contention.Contention;
import dev.controlplane.pprof.http.Access;
import dev.controlplane.pprof.http.PprofEndpoint;
import dev.controlplane.pprof.jfr.CpuProfile;
import io.helidon.config.Config;
import io.helidon.webserver.spi.ServerFeatureProvider;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * Creates {@link PprofFeature} for Helidon servers from {@code server.features.pprof}:
 *
 * <ul>
 *   <li>{@code access}: {@code loopback}, {@code off}, {@code all} or {@code token}
 *   <li>{@code token}
 *   <li>{@code address}: {@code host:port}
 *   <li>{@code labels}: {@code true} or {@code false}
 *   <li>{@code label-sets}: a number, by default 500
 *   <li>{@code source}: {@code auto}, {@code live} or {@code hotspot}
 *   <li>{@code jvm-threads}: {@code true} or {@code false}
 *   <li>{@code cpu}: {@code samples}, {@code cpu-time} or {@code off}
 *   <li>{@code cumulative}: {@code true} or {@code false}, by default {@code false}: whether
 *       allocations and waits are recorded all the time
 *   <li>{@code max-requests}: a number, by default 16
 * </ul>
 *
 * <p>An option that is missing there is taken from the top-level key {@code pprof}, which
 * environment variables such as {@code PPROF_ACCESS} set. {@link PprofEndpoint.Builder} and {@link
 * StandardProfiles.Builder} describe the options.
 *
 * @since 0.1.0
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
    var settings = new Settings(config);
    StandardProfiles.Builder kinds = profiles(settings);
    Optional<Access> access = settings.text("access").map(Access::parse);
    // Where nobody may read profiles, nothing is recorded all the time.
    if (settings.flag("cumulative", false) && access.orElse(Access.LOOPBACK) != Access.OFF) {
      kinds.allocations(true).contention(Contention.builder());
    }
    StandardProfiles standard = kinds.build();
    try {
      PprofEndpoint.Builder endpoint = PprofEndpoint.builder(standard.profiles());
      access.ifPresent(endpoint::access);
      settings.text("token").ifPresent(endpoint::token);
      endpoint.jvmThreads(settings.flag("jvm-threads", true));
      settings.number("max-requests").ifPresent(endpoint::maxRequests);
      PprofFeature.Builder feature =
          PprofFeature.builder(endpoint.build()).name(name).onStop(standard::close);
      settings.text("address").ifPresent(feature::address);
      return feature.build();
    } catch (RuntimeException e) {
      standard.close();
      throw e;
    }
  }

  private static StandardProfiles.Builder profiles(Settings settings) {
    GoroutineProfiler.Options options = GoroutineProfiler.Options.defaults();
    StandardProfiles.Builder kinds =
        StandardProfiles.builder()
            .goroutines(
                options
                    .withLabels(settings.flag("labels", options.labels()))
                    .withJvmThreads(settings.flag("jvm-threads", options.jvmThreads()))
                    .withSource(
                        settings
                            .named("source", Source::named, "auto, live or hotspot")
                            .orElse(options.source())));
    settings
        .named("cpu", CpuProfile.Source::named, "samples, cpu-time or off")
        .ifPresent(kinds::cpu);
    settings.number("label-sets").ifPresent(kinds::labelSets);
    return kinds;
  }

  /** The options of a feature. An error names the option, its value and what is expected. */
  private record Settings(Config config) {
    Optional<String> text(String key) {
      Optional<String> own = config.get(key).asString().asOptional();
      return own.isPresent()
          ? own
          : config.root().get(PprofFeature.TYPE).get(key).asString().asOptional();
    }

    <T> Optional<T> named(String key, Function<String, Optional<T>> find, String expected) {
      return text(key)
          .map(
              text ->
                  find.apply(text.strip().toLowerCase(Locale.ROOT))
                      .orElseThrow(() -> wrong(key, text, expected)));
    }

    boolean flag(String key, boolean otherwise) {
      return named(key, Settings::flag, "true or false").orElse(otherwise);
    }

    Optional<Integer> number(String key) {
      return text(key)
          .map(
              text -> {
                try {
                  return Integer.valueOf(text.strip());
                } catch (NumberFormatException e) {
                  throw wrong(key, text, "a whole number");
                }
              });
    }

    private static Optional<Boolean> flag(String text) {
      return switch (text) {
        case "true" -> Optional.of(true);
        case "false" -> Optional.of(false);
        default -> Optional.empty();
      };
    }

    private static IllegalArgumentException wrong(String key, String value, String expected) {
      return new IllegalArgumentException(
          "pprof %s is \"%s\"; expected: %s".formatted(key, value, expected));
    }
  }
}
