package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Profile.ValueType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/**
 * Makes a profile of a Flight Recorder recording, of any JVM and JDK that wrote one. Memory is
 * bounded for the samples; the JDK's reader takes some for each chunk of the file.
 *
 * @since 0.1.0
 */
public final class RecordingConverter {
  /**
   * What to make a profile of.
   *
   * @since 0.1.0
   */
  public enum Kind {
    /** CPU time by {@code jdk.CPUTimeSample}. */
    CPU,
    /** CPU time by {@code jdk.ExecutionSample}. */
    EXECUTION,
    /** Allocations. */
    ALLOC,
    /** Waits for locks. */
    LOCK,
    /** Sampled objects that were alive at the end. */
    LEAK;

    /** The events that tell of it; the first that a file has count. */
    private List<Events> events() {
      return switch (this) {
        case CPU -> List.of(new CpuTimeEvents());
        case EXECUTION -> List.of(ExecutionEvents.ofFile());
        case ALLOC -> List.of(new AllocationEvents(new ObjectSizes(false)), new TlabEvents());
        case LOCK -> List.of(new LockEvents());
        case LEAK -> List.of(new LeakEvents());
      };
    }

    /** The kind with this name, such as {@code cpu}. */
    public static Optional<Kind> named(String name) {
      return Arrays.stream(values()).filter(kind -> kind.toString().equals(name)).findFirst();
    }

    /** The name for commands, such as {@code cpu}. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * The result of a conversion.
   *
   * @since 0.1.0
   */
  public static final class Result {
    private final Profile profile;
    private final String damage;

    private Result(Profile profile, String damage) {
      this.profile = profile;
      this.damage = damage;
    }

    /** The profile of what could be read. */
    public Profile profile() {
      return profile;
    }

    /** Why the rest of the file could not be read; empty if all was read. */
    public String damage() {
      return damage;
    }
  }

  /** Samples of one source of a kind. */
  private static final class Part {
    final Kind kind;
    final Events events;
    final StackSums totals;

    Part(Kind kind, Events events, StackSums totals) {
      this.kind = kind;
      this.events = events;
      this.totals = totals;
    }
  }

  /** Stacks that are kept by the object that the JDK's reader has for them. */
  private static final int PORTION = 1 << 14;

  private final FrameTable table = new FrameTable();
  private final StackReader stacks = new StackReader(table);
  private final Map<String, List<Consumer<RecordedEvent>>> actions = new HashMap<>();
  private final List<Part> parts = new ArrayList<>();
  private Instant first = Instant.MAX;
  private Instant last = Instant.MIN;

  private RecordingConverter(List<Kind> kinds, long room) {
    for (Kind kind : kinds) {
      for (Events events : kind.events()) {
        var totals = new StackSums(table, room / kinds.size());
        var part = new Part(kind, events, totals);
        parts.add(part);
        part.events.subscribe(
            this::onEvent,
            (event, thread, values) ->
                totals.add(stacks.read(event.getStackTrace()), LabelSet.EMPTY, values));
      }
    }
  }

  /**
   * Converts a file.
   *
   * @param kind what to make a profile of; empty for the first that the file has, in the order of
   *     {@link Kind}
   * @param room memory for distinct stacks, in bytes
   * @throws IOException if the file can't be read, or has nothing of that kind
   */
  public static Result convert(Path file, Optional<Kind> kind, long room) throws IOException {
    List<Kind> kinds = kind.map(List::of).orElse(List.of(Kind.values()));
    return new RecordingConverter(kinds, room).convert(file, kind.isPresent());
  }

  private void onEvent(String name, Consumer<RecordedEvent> action) {
    actions.computeIfAbsent(name, absent -> new ArrayList<>()).add(action);
  }

  private Result convert(Path file, boolean chosen) throws IOException {
    String damage = "";
    long events = 0;
    try (var recording = new RecordingFile(file)) {
      while (recording.hasMoreEvents()) {
        RecordedEvent event = recording.readEvent();
        take(event);
        if (++events % PORTION == 0) {
          stacks.endPortion();
        }
      }
    } catch (IOException | RuntimeException e) {
      // The JDK's reader throws both for a file that is cut off or damaged.
      if (events == 0) {
        throw new IOException("it can't be read as a recording: " + e.getMessage(), e);
      }
      damage = "the recording is cut off or damaged after " + events + " events";
    }
    for (Part part : parts) {
      if (part.totals.size() > 0) {
        return new Result(profile(part), damage);
      }
    }
    throw new IOException(
        "the recording has no events of "
            + (chosen
                ? "--event " + parts.getFirst().kind + "; leave it out to take what there is"
                : "any kind: "
                    + Arrays.stream(Kind.values())
                        .map(Kind::toString)
                        .collect(Collectors.joining(", ")))
            + (damage.isEmpty() ? "" : " (" + damage + ")"));
  }

  private void take(RecordedEvent event) {
    List<Consumer<RecordedEvent>> own = actions.get(event.getEventType().getName());
    if (own == null) {
      return;
    }
    if (event.getStartTime().isBefore(first)) {
      first = event.getStartTime();
    }
    if (event.getEndTime().isAfter(last)) {
      last = event.getEndTime();
    }
    own.forEach(action -> action.accept(event));
  }

  private Profile profile(Part part) {
    List<ValueType> types = part.events.types();
    boolean sampled = part.kind == Kind.CPU || part.kind == Kind.EXECUTION;
    boolean space = part.kind == Kind.ALLOC || part.kind == Kind.LEAK;
    ValueType periodType =
        sampled ? CpuTimeEvents.CPU : space ? AllocationEvents.SPACE : types.getFirst();
    Profile.Builder profile =
        Profile.builder(types.toArray(ValueType[]::new))
            .program("")
            .period(periodType, part.events.period())
            .time(first)
            .duration(part.kind == Kind.LEAK ? Duration.ZERO : Duration.between(first, last));
    part.totals.addTo(profile);
    part.events.remarks().forEach(profile::comment);
    stacks.remark().ifPresent(profile::comment);
    return profile.build();
  }
}
