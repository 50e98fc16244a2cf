package dev.controlplane.server;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The settings of all servers by name. Servers share files of settings and environments, so what
 * belongs to another server is no mistake; a name that no server knows is one.
 */
final class SettingNames {
  private final Collection<String> names;

  SettingNames() {
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

  /** The name that somebody may have meant. */
  Optional<String> nearest(String name) {
    return Nearest.of(name, names);
  }

  /**
   * Environment variables that no server knows although they look like one that is known.
   *
   * @return by the variable, the one that may be meant
   */
  SortedMap<String, String> likely(Map<String, String> environment) {
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
