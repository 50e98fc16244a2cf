package dev.controlplane.server.settings;

import io.helidon.config.Config;
import io.helidon.config.ConfigException;
import io.helidon.config.ConfigSources;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads the settings file that {@code --config} names. */
public final class SettingsFile {
  public static final String NAME = "application.yaml";

  private SettingsFile() {}

  /**
   * Reads a file's settings, by name.
   *
   * @throws StartupException if the file can't be read, is neither YAML nor properties, or has a
   *     setting that no server knows
   */
  public static Map<String, String> read(Path file) {
    String type = file.toString().toLowerCase(Locale.ROOT);
    if (Stream.of(".yaml", ".yml", ".properties").noneMatch(type::endsWith)) {
      throw wrong(file, "expected: a name that ends with .yaml, .yml or .properties", null);
    }
    if (Files.notExists(file)) {
      throw wrong(file, "there is no such file", null);
    }
    if (!Files.isRegularFile(file)) {
      throw wrong(file, "it is not a file", null);
    }
    if (!Files.isReadable(file)) {
      throw wrong(file, "user %s may not read it".formatted(System.getProperty("user.name")), null);
    }
    Map<String, String> found;
    try {
      found =
          Config.builder(ConfigSources.file(file))
              .disableEnvironmentVariablesSource()
              .disableSystemPropertiesSource()
              .disableCaching()
              .build()
              .asMap()
              .orElse(Map.of());
    } catch (ConfigException | ClassCastException e) {
      throw wrong(file, "it is not " + (type.endsWith("s") ? "properties" : "YAML") + reason(e), e);
    }
    SettingNames names = new SettingNames();
    String unknown =
        found.keySet().stream()
            .filter(name -> !names.contains(name))
            .sorted()
            .map(name -> "no server has the setting " + name + names.meant(name))
            .collect(Collectors.joining("; "));
    if (!unknown.isEmpty()) {
      throw wrong(file, unknown + "; --help lists all settings", null);
    }
    return found;
  }

  /** The parser's message, which may contain the line number. */
  private static String reason(Exception e) {
    String said = String.valueOf(e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
    return ": " + said.strip().replaceAll("\\s+", " ");
  }

  /**
   * Whether a directory has a file with the name of the built-in one, which a user may believe to
   * be read.
   */
  public static boolean isLikely(Path directory) {
    return Files.isRegularFile(directory.resolve(NAME));
  }

  private static StartupException wrong(Path file, String what, Exception cause) {
    return new StartupException("can't use the settings of %s: %s".formatted(file, what), cause);
  }
}
