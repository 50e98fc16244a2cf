package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Profile.ValueType;
import dev.controlplane.pprof.sources.MemStats;
import dev.controlplane.pprof.threads.Roster;
import dev.controlplane.pprof.writers.ProfileText;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/**
 * All allocations since it was started, by stack, like Go's {@code /debug/pprof/allocs}. Sums never
 * fall. They come from a recording that runs all the time and takes up to 150 samples a second;
 * that costs something while nobody asks.
 *
 * @since 0.1.0
 */
public final class AllocsProfile implements ProfileKind.Cumulative, AutoCloseable {
  static final List<ValueType> TYPES =
      List.of(
          AllocationEvents.TYPES.get(0),
          AllocationEvents.TYPES.get(1),
          new ValueType("inuse_objects", "count"),
          new ValueType("inuse_space", "bytes"));

  /** Memory for distinct stacks, in bytes. */
  private static final long ROOM = 16L << 20;

  private final StackSums totals = new StackSums(Roster.FRAMES, ROOM);
  private final AllocationRecording allocations = new AllocationRecording(totals);
  private final BackgroundRecording recording = new BackgroundRecording(allocations);

  private AllocsProfile() {}

  /** Starts to record. The recorder starts in the background. */
  public static AllocsProfile start() {
    return new AllocsProfile();
  }

  @Override
  public String name() {
    return "allocs";
  }

  @Override
  public String description() {
    return "A sampling of all past memory allocations";
  }

  @Override
  public long count() {
    return totals.size();
  }

  @Override
  public Profile collect(Parameters parameters) throws IOException {
    Profile.Builder profile = begin();
    addTo(profile);
    return profile.defaultSampleType("alloc_space").build();
  }

  @Override
  public void writeText(long debug, Parameters parameters, OutputStream out) throws IOException {
    ProfileText.writeHeap(collect(parameters), MemStats.now(), out);
  }

  /** Ends the recording. */
  @Override
  public void close() {
    recording.close();
  }

  static Profile.Builder begin() {
    return Profile.builder(TYPES.toArray(ValueType[]::new))
        .period(AllocationEvents.SPACE, AllocationEvents.PERIOD);
  }

  /**
   * Adds what was allocated to a profile of {@link #TYPES}.
   *
   * @throws IOException if nothing could ever be recorded
   */
  void addTo(Profile.Builder profile) throws IOException {
    IOException problem = recording.problem();
    if (problem != null && totals.size() == 0) {
      throw new IOException(problem.getMessage(), problem);
    }
    if (problem != null) {
      profile.comment("Allocations are not recorded now: " + problem.getMessage());
    }
    if (recording.failure() != null) {
      profile.comment("Some events could not be read: " + recording.failure());
    }
    totals.addTo(profile, values -> new long[] {values[0], values[1], 0, 0});
    profile.comment(
        "Allocations are sampled, up to 150 times a second; a sample stands for all bytes that its"
            + " thread has allocated since its sample before. Objects are estimated by the size of"
            + " the sampled class. The first sample of a carrier of virtual threads counts what it"
            + " carried before the recording.");
    Long all = MemStats.now().get("TotalAlloc");
    if (all != null) {
      profile.comment(
          "The JVM counts %d bytes allocated since its start; the samples stand for %d. What a"
                  .formatted(all, totals.sum(1))
              + " thread allocated after its last sample is missing.");
    }
    allocations.remark().ifPresent(profile::comment);
  }

  /** Whether something is recorded, or was. */
  boolean hasRecorded() {
    return recording.problem() == null || totals.size() > 0;
  }

  /** Sizes that the recording has learned. */
  ObjectSizes sizes() {
    return allocations.sizes();
  }

  /** Who started the platform threads that were started since. */
  ThreadCreators creators() {
    return allocations.creators();
  }
}
