package dev.controlplane.server.settings;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The names of the settings of all servers. Servers share settings files and environments, so a
 * setting of another server is allowed; a name that no server knows is an error.
 */
public final class SettingNames {
  private final Collection<String> names;

  public SettingNames() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                SettingNames.class.getResourceAsStream("setting-names.txt"),
                StandardCharsets.UTF_8))) {
      names = lines.lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  boolean contains(String name) {
    return names.contains(name);
  }

  /** The known name that was probably meant, as the end of a sentence; empty if there is none. */
  String meant(String name) {
    return Nearest.of(name, names).map(", did you mean %s?"::formatted).orElse("");
  }

  /**
   * Finds environment variables that no server knows but that resemble a known one.
   *
   * @return for each such variable, the one that was probably meant
   */
  public SortedMap<String, String> likely(Map<String, String> environment) {
    Collection<String> variables =
        names.stream().map(Settings::variable).collect(Collectors.toSet());
    SortedMap<String, String> likely = new TreeMap<>();
    for (String variable : environment.keySet()) {
      if (!variables.contains(variable)) {
        Nearest.of(variable, variables).ifPresent(meant -> likely.put(variable, meant));
      }
    }
    return likely;
  }
}
