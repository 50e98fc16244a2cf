package dev.controlplane.pprof.http.ui;

import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.Profiles;

/**
 * The profiles of this process: a list of objects with
 *
 * <ul>
 *   <li>{@code name}, {@code description}, {@code count} as on the index page
 *   <li>{@code kind}: {@code snapshot}, {@code cumulative}, {@code window} or {@code raw}
 *   <li>{@code delta}: whether {@code seconds=N} gives the difference of two profiles
 * </ul>
 */
final class ProfilesJson {
  private ProfilesJson() {}

  static byte[] write(Profiles profiles) {
    var json = new JsonWriter().open('[');
    for (ProfileKind kind : profiles.all()) {
      json.open('{');
      json.name("name").text(kind.name());
      json.name("description").text(kind.description());
      json.name("count").number(kind.count());
      json.name("kind").text(word(kind));
      json.name("delta")
          .bool(kind instanceof ProfileKind.Collected collected && collected.hasDelta());
      json.close('}');
    }
    return json.close(']').bytes();
  }

  private static String word(ProfileKind kind) {
    return switch (kind) {
      case ProfileKind.Snapshot snapshot -> "snapshot";
      case ProfileKind.Cumulative cumulative -> "cumulative";
      case ProfileKind.Window window -> "window";
      case ProfileKind.Raw raw -> "raw";
    };
  }
}
