package dev.controlplane.pprof;

import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Profile.ValueType;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/**
 * What a cumulative profile grew by since it was asked for last, such as {@code delta_heap} of
 * {@code heap}, like godeltaprof's profiles. The first one has all since the start. Values of what
 * is in use are shown as they are. Thread-safe; two clients take the growth from each other.
 *
 * @since 0.1.0
 */
public final class DeltaSinceLast implements ProfileKind.Snapshot {
  private static final String IN_USE = "inuse_";

  private final String name;
  private final ProfileKind.Cumulative whole;
  private Profile last;

  /** The growth of a profile, under another name. */
  public DeltaSinceLast(String name, ProfileKind.Cumulative whole) {
    this.name = Objects.requireNonNull(name, "name");
    this.whole = Objects.requireNonNull(whole, "whole");
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String description() {
    return "What " + whole.name() + " grew by since it was asked for here the last time";
  }

  @Override
  public long count() {
    return 0;
  }

  @Override
  public synchronized Profile collect(Parameters parameters)
      throws IOException, IllegalParameterException {
    Profile now = whole.collect(parameters);
    Profile growth = last == null ? sinceStart(now) : difference(now, last);
    last = now;
    return growth;
  }

  @Override
  public void writeText(long debug, Parameters parameters, OutputStream out)
      throws IOException, IllegalParameterException {
    // The text is of the whole, so that a look with a browser takes nothing from a scraper.
    whole.writeText(debug, parameters, out);
  }

  private static Profile sinceStart(Profile now) {
    Instant start = ProcessHandle.current().info().startInstant().orElse(now.time());
    Duration duration = Duration.between(start, now.time());
    Profile.Builder profile = head(now, duration.isNegative() ? Duration.ZERO : duration);
    now.forEach(profile::add);
    return profile.build();
  }

  private static Profile difference(Profile now, Profile earlier) {
    Profile.Builder profile = head(now, Duration.between(earlier.time(), now.time()));
    now.minus(withoutInUse(earlier)).forEach(profile::add);
    return profile.build();
  }

  /** The same with 0 for what is in use, so that nothing is subtracted of that. */
  private static Profile withoutInUse(Profile earlier) {
    Profile.Builder profile = head(earlier, Duration.ZERO);
    List<ValueType> types = earlier.sampleTypes();
    earlier.forEach(
        (stack, labels, values) -> {
          long[] grown = values.clone();
          for (int i = 0; i < grown.length; i++) {
            if (types.get(i).type().startsWith(IN_USE)) {
              grown[i] = 0;
            }
          }
          profile.add(stack, labels, grown);
        });
    return profile.build();
  }

  private static Profile.Builder head(Profile of, Duration duration) {
    Profile.Builder profile =
        Profile.builder(of.sampleTypes().toArray(ValueType[]::new))
            .program(of.program())
            .period(of.periodType(), of.period())
            .time(of.time())
            .duration(duration);
    if (!of.defaultSampleType().isEmpty()) {
      profile.defaultSampleType(of.defaultSampleType());
    }
    of.comments().forEach(profile::comment);
    return profile;
  }
}
