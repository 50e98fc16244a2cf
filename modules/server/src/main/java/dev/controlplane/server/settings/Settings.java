package dev.controlplane.server.settings;

import io.helidon.config.Config;
import io.helidon.config.ConfigSources;
import io.helidon.service.registry.Services;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The settings of a server. Defaults come from {@code application.yaml} in its jar. The file that
 * {@code --config} names overrides them, and environment variables override both: the variable of
 * {@code storage-path} is {@code STORAGE_PATH}. An empty variable counts as not set. An invalid
 * value causes a {@link StartupException} with the variable and the expected values.
 */
public final class Settings {
  private final Config defaults;
  private final Map<String, String> file;
  private final Map<String, String> environment;

  private Settings(Config defaults, Map<String, String> file, Map<String, String> environment) {
    this.defaults = defaults;
    this.file = file;
    this.environment = environment;
  }

  /**
   * Loads the defaults of this class path's {@code application.yaml}, overridden by {@code
   * environment}.
   */
  public static Settings load(Map<String, String> environment) {
    return load(environment, Map.of());
  }

  /** As {@link #load(Map)}, with the operator's settings file in between. */
  public static Settings load(Map<String, String> environment, Map<String, String> file) {
    Config defaults =
        Config.builder(ConfigSources.classpath("application.yaml"))
            .disableEnvironmentVariablesSource()
            .disableSystemPropertiesSource()
            .build();
    return new Settings(defaults, Map.copyOf(file), Map.copyOf(environment));
  }

  /** These settings with other values for some environment variables. */
  public Settings with(Map<String, String> variables) {
    Map<String, String> all = new HashMap<>(environment);
    all.putAll(variables);
    return new Settings(defaults, file, Map.copyOf(all));
  }

  /**
   * Registers the defaults as Helidon's global configuration, which it would otherwise load again.
   */
  public void publish() {
    Services.set(Config.class, defaults);
  }

  /** The environment variable that overrides a setting. */
  public static String variable(String key) {
    return key.toUpperCase(Locale.ROOT).replace('-', '_');
  }

  /** A text that may be absent. */
  public Optional<String> optional(String key) {
    String override = environment.get(variable(key));
    if (override != null && !override.isBlank()) {
      return Optional.of(override.strip());
    }
    String own = file.get(key);
    if (own != null && !own.isBlank()) {
      return Optional.of(own.strip());
    }
    return defaults.get(key).asString().asOptional().filter(Predicate.not(String::isBlank));
  }

  /** A text. */
  public String text(String key) {
    return optional(key).orElseThrow(() -> new StartupException(variable(key) + " is not set"));
  }

  /** A comma-separated list; empty if absent. */
  public List<String> list(String key) {
    return optional(key).stream()
        .flatMap(all -> Stream.of(all.split(",", -1)))
        .map(String::strip)
        .filter(Predicate.not(String::isEmpty))
        .toList();
  }

  /** A whole number from {@code min} to {@code max}. */
  public long number(String key, long min, long max) {
    String text = text(key);
    try {
      long number = Long.parseLong(text);
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Reported below, like a number out of range.
    }
    throw wrong(key, text, "a whole number from " + min + " to " + max);
  }

  /** A whole number from {@code min} to {@code max}. */
  public int integer(String key, int min, int max) {
    return Math.toIntExact(number(key, min, max));
  }

  /** {@code true} or {@code false}. */
  public boolean flag(String key) {
    String text = text(key);
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw wrong(key, text, "true or false");
    };
  }

  /** A name of an enum constant, in any case. */
  public <E extends Enum<E>> E choice(String key, Class<E> type) {
    String text = text(key);
    E[] all = type.getEnumConstants();
    return Stream.of(all)
        .filter(one -> one.name().equalsIgnoreCase(text))
        .findFirst()
        .orElseThrow(
            () ->
                wrong(
                    key,
                    text,
                    Stream.of(all)
                        .map(one -> one.name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining(", "))));
  }

  /** A TCP port; 0 lets the system choose one. */
  public int port(String key) {
    return integer(key, 0, 65_535);
  }

  /** A duration in ISO-8601 form, such as {@code PT30S}, from {@code min} to {@code max}. */
  public Duration duration(String key, Duration min, Duration max) {
    String text = text(key);
    try {
      Duration duration = Duration.parse(text);
      if (duration.compareTo(min) >= 0 && duration.compareTo(max) <= 0) {
        return duration;
      }
    } catch (DateTimeParseException e) {
      // Reported below, like a duration out of range.
    }
    throw wrong(key, text, "a duration such as PT30S, from " + min + " to " + max);
  }

  /** A directory or file; relative paths start at the working directory. */
  public Path path(String key) {
    String text = text(key);
    try {
      return Path.of(text).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      throw wrong(key, text, "a path");
    }
  }

  private static StartupException wrong(String key, String found, String expected) {
    return new StartupException(variable(key) + " is \"" + found + "\"; expected: " + expected);
  }
}
