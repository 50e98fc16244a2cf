package dev.controlplane.pprof.model;

import java.util.Set;

/** What readers of the written form demand of profiles, as far as these can violate it at all. */
final class Validity {
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private Validity() {}

  /** See {@link Profile#checkValid}. */
  static void check(Profile profile, Set<Profile.Key> keys) {
    for (Profile.ValueType type : profile.sampleTypes()) {
      require(!type.type().isEmpty(), "a sample type has no name");
    }
    requireNanos(profile.time().getEpochSecond(), "time", profile.time());
    requireNanos(profile.duration().toSeconds(), "duration", profile.duration());
    FrameTable table = null;
    for (Profile.Key key : keys) {
      FrameTable own = key.stack().table();
      require(
          table == null || own == null || table == own,
          "its stacks are of different frame tables, so different functions may share an address");
      table = table == null ? own : table;
      requireUsable(key.labels());
    }
  }

  /**
   * Checks that two profiles can be added up.
   *
   * @throws IllegalArgumentException if they count different things
   */
  static void requireSameTypes(Profile profile, Profile other) {
    if (!profile.sampleTypes().equals(other.sampleTypes())
        || !profile.periodType().equals(other.periodType())) {
      throw new IllegalArgumentException(
          "a profile of %s can't be combined with one of %s"
              .formatted(profile.sampleTypes(), other.sampleTypes()));
    }
  }

  private static void requireUsable(LabelSet labels) {
    if (labels.isEmpty()) {
      return;
    }
    require(
        !labels.pairs().containsKey("") && !labels.numbers().containsKey(""), "a label has no key");
    for (String key : labels.numbers().keySet()) {
      require(
          !labels.pairs().containsKey(key),
          "label " + key + " has a text and a number on a sample");
    }
  }

  private static void requireNanos(long seconds, String name, Object value) {
    require(
        Math.abs(seconds) < Long.MAX_VALUE / NANOS_PER_SECOND,
        "its " + name + ", " + value + ", does not fit into 64 bits of nanoseconds");
  }

  private static void require(boolean satisfied, String problem) {
    if (!satisfied) {
      throw new IllegalStateException("the profile is invalid: " + problem);
    }
  }
}
