package dev.controlplane.pprof.deadlock;

import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.Source;
import dev.controlplane.pprof.StackStyle;
import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.writers.ProfileText;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The profile {@code deadlock}: the threads, virtual and platform, that wait for each other's locks
 * in a circle. Labels say for which lock a thread waits, who holds it and where it was taken. A
 * request takes about a second if threads wait for monitors, otherwise some milliseconds.
 *
 * <ul>
 *   <li>{@code debug=1}: ends with a description for people.
 *   <li>{@code debug=2}: all goroutines; the state of deadlocked ones ends in {@code (deadlocked)}.
 *   <li>{@code source=hotspot}: asks the JVM for monitors at once. That may crash a JVM of version
 *       25 whose threads move meanwhile (JDK-8364343).
 * </ul>
 *
 * @since 0.1.0
 */
public final class DeadlockKind implements ProfileKind.Snapshot {
  private static final String NAME = "deadlock";

  private final DeadlockFinder finder = new DeadlockFinder();
  private final GoroutineProfiler goroutines;
  private volatile long found;

  /**
   * The profile of this JVM.
   *
   * @param goroutines the settings of {@code debug=2}
   */
  public DeadlockKind(GoroutineProfiler.Options goroutines) {
    this.goroutines = GoroutineProfiler.create(goroutines);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "Threads that wait for each other's locks in a circle. Use debug=1 as a query parameter"
        + " to read which locks.";
  }

  /** How many threads the last request found. */
  @Override
  public long count() {
    return found;
  }

  /**
   * What to add to the states of goroutines, by id: {@code (deadlocked)}. Takes no time worth
   * mentioning, and never asks the JVM for monitors. So deadlocks over monitors are known once a
   * request for this profile has found them.
   *
   * @throws IOException if the thread is interrupted
   */
  public Map<Long, String> marks() throws IOException {
    return finder.marks();
  }

  @Override
  public Profile collect(Parameters parameters) throws IOException, IllegalParameterException {
    return profile(find(parameters));
  }

  @Override
  public void writeText(long debug, Parameters parameters, OutputStream out)
      throws IOException, IllegalParameterException {
    List<Deadlock> deadlocks = find(parameters);
    if (debug >= 2) {
      Map<Long, String> marks = finder.marks();
      goroutines.writeStacks(Source.LIVE, StackStyle.GO, marks, out);
      return;
    }
    ProfileText.write(profile(deadlocks), out);
    out.write(description(deadlocks).getBytes(StandardCharsets.UTF_8));
  }

  private List<Deadlock> find(Parameters parameters) throws IOException, IllegalParameterException {
    boolean hotspot =
        switch (parameters.text("source")) {
          case "", "auto", "live" -> false;
          case "hotspot" -> true;
          default ->
              throw new IllegalParameterException(
                  "invalid value for \"source\" - must be auto, live or hotspot");
        };
    List<Deadlock> deadlocks = finder.find(hotspot);
    found = deadlocks.stream().mapToLong(deadlock -> deadlock.members().size()).sum();
    return deadlocks;
  }

  private static Profile profile(List<Deadlock> deadlocks) {
    Profile.Builder profile = Profile.builder(new Profile.ValueType(NAME, "count"));
    int number = 0;
    for (Deadlock deadlock : deadlocks) {
      number++;
      for (Deadlock.Member member : deadlock.members()) {
        var labels = new TreeMap<String, String>();
        labels.put("deadlock", Integer.toString(number));
        labels.put("goroutine", Long.toString(member.id()));
        labels.put("waits_for", member.waitsFor());
        labels.put("held_by", Long.toString(member.heldBy()));
        if (member.taken() != null) {
          labels.put("taken_at", place(member.taken()));
        }
        profile.add(member.stack(), new LabelSet(labels), 1);
      }
    }
    DeadlockFinder.blindSpots().forEach(profile::comment);
    return profile.build();
  }

  private static String description(List<Deadlock> deadlocks) {
    var text = new StringBuilder();
    int number = 0;
    for (Deadlock deadlock : deadlocks) {
      text.append("# deadlock ").append(++number).append(":\n");
      for (Deadlock.Member member : deadlock.members()) {
        text.append("#   goroutine ").append(member.id());
        text.append(member.virtual() ? " (virtual" : " (platform");
        if (!member.name().isEmpty()) {
          text.append(" \"").append(member.name().replaceAll("\\p{Cntrl}", "_")).append('"');
        }
        text.append(") waits for ").append(member.waitsFor());
        text.append(", held by goroutine ").append(member.heldBy());
        if (member.taken() == null) {
          text.append(" (the JVM does not record where it was taken: see that one's stack)");
        } else {
          text.append(", taken at ").append(place(member.taken()));
        }
        text.append('\n');
      }
    }
    DeadlockFinder.blindSpots().forEach(spot -> text.append("# ").append(spot).append('\n'));
    return text.toString();
  }

  private static String place(Frame frame) {
    return frame.toString();
  }
}
