package dev.controlplane.pprof.contention;

import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.writers.ProfileText;
import java.io.IOException;
import java.io.OutputStream;

/** One of the profiles of {@link Contention}. */
final class ContentionKind implements ProfileKind.Cumulative {
  private static final Profile.ValueType CONTENTIONS =
      new Profile.ValueType("contentions", "count");
  private static final Profile.ValueType DELAY = new Profile.ValueType("delay", "nanoseconds");

  private final String name;
  private final String description;
  private final String heading;
  private final WaitSums sums;
  private final boolean started;

  ContentionKind(String name, String description, String heading, WaitSums sums, boolean started) {
    this.name = name;
    this.description = description;
    this.heading = heading;
    this.sums = sums;
    this.started = started;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public long count() {
    return sums.size();
  }

  @Override
  public Profile collect(Parameters parameters) throws IllegalParameterException {
    boolean labels =
        switch (parameters.text("labels")) {
          case "", "1" -> true;
          case "0" -> false;
          default ->
              throw new IllegalParameterException("invalid value for \"labels\" - must be 0 or 1");
        };
    Profile.Builder profile = Profile.builder(CONTENTIONS, DELAY);
    if (!started) {
      profile.comment("waits are not measured in this process: Contention is not started");
    }
    sums.addTo(profile, labels);
    return profile.build();
  }

  @Override
  public void writeText(long debug, Parameters parameters, OutputStream out)
      throws IOException, IllegalParameterException {
    ProfileText.writeContention(collect(parameters), heading, out);
  }
}
