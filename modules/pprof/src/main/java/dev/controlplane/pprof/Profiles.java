package dev.controlplane.pprof;

import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.writers.ProfileWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The kinds of profiles that a process serves, by name, like Go's {@code pprof.NewProfile} and
 * {@code pprof.Lookup}. Thread-safe.
 *
 * @since 0.1.0
 */
public final class Profiles {
  private final Map<String, ProfileKind> byName = new ConcurrentSkipListMap<>();

  /** No kinds. */
  public Profiles() {}

  /**
   * Adds a kind.
   *
   * @throws IllegalArgumentException if its name is taken, or has other characters than letters,
   *     digits, {@code _}, {@code -} and {@code .}
   */
  public Profiles add(ProfileKind kind) {
    String name = kind.name();
    if (!name.matches("[A-Za-z0-9_][A-Za-z0-9_.-]*")) {
      throw new IllegalArgumentException(
          "\"" + name + "\" can't be the name of a profile: use letters, digits, _, - and .");
    }
    if (byName.putIfAbsent(name, kind) != null) {
      throw new IllegalArgumentException("there is a profile named " + name + " already");
    }
    return this;
  }

  /** The kind with this name. */
  public Optional<ProfileKind> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /**
   * Takes a profile now, and writes it as {@code go tool pprof} reads it. Does not close the
   * stream.
   *
   * @throws IllegalArgumentException if there is no kind with this name, or it records for a time:
   *     {@link ProfileKind.Window} and {@link ProfileKind.Raw}
   * @throws IOException if this JVM does not give it, or the stream fails
   */
  public void write(String name, OutputStream out) throws IOException {
    ProfileKind kind =
        find(name)
            .orElseThrow(
                () -> new IllegalArgumentException("no profile named " + name + ": " + names()));
    if (!(kind instanceof ProfileKind.Collected collected)) {
      throw new IllegalArgumentException(name + " records for a time: use its method record");
    }
    try {
      Profile profile = collected.collect(ProfileKind.Parameters.NONE);
      ProfileWriter.write(collected.shown(profile, ProfileKind.Parameters.NONE), out);
    } catch (ProfileKind.IllegalParameterException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private String names() {
    return "there are " + String.join(", ", byName.keySet());
  }

  /** All kinds, sorted by name. */
  public Collection<ProfileKind> all() {
    return Collections.unmodifiableCollection(byName.values());
  }
}
