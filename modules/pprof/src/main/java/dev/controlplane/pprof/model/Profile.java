package dev.controlplane.pprof.model;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Values counted by stack and labels: what a profile says, apart from how it is written. Immutable.
 *
 * @since 0.1.0
 */
public final class Profile {
  /**
   * What one value of each sample means, such as {@code cpu} in {@code nanoseconds}. A record: the
   * format has no more than these two texts.
   *
   * @since 0.1.0
   */
  public record ValueType(String type, String unit) {
    public ValueType {
      Objects.requireNonNull(type, "type");
      Objects.requireNonNull(unit, "unit");
    }
  }

  /**
   * What samples are counted by. A record: the format tells samples apart by nothing else.
   *
   * @param stack leaf first
   * @since 0.1.0
   */
  public record Key(Stack stack, LabelSet labels) {
    public Key {
      Objects.requireNonNull(stack, "stack");
      Objects.requireNonNull(labels, "labels");
    }
  }

  private final List<ValueType> sampleTypes;
  private final String defaultSampleType;
  private final ValueType periodType;
  private final long period;
  private final Instant time;
  private final Duration duration;
  private final List<String> comments;
  private final String program;
  private final Map<Key, long[]> samples;

  private Profile(Builder builder, Map<Key, long[]> samples) {
    this.sampleTypes = builder.sampleTypes;
    this.defaultSampleType = builder.defaultSampleType;
    this.periodType = builder.periodType;
    this.period = builder.period;
    this.time = builder.time;
    this.duration = builder.duration;
    this.comments = List.copyOf(builder.comments);
    this.program = builder.program;
    this.samples = samples;
  }

  /**
   * Begins a profile whose samples have one value for each type, in this order.
   *
   * @throws IllegalArgumentException if there is no type, or two types have the same name
   */
  public static Builder builder(ValueType... sampleTypes) {
    return new Builder(List.of(sampleTypes));
  }

  /** The meaning of each value of a sample, in order. */
  public List<ValueType> sampleTypes() {
    return sampleTypes;
  }

  /** The type that a reader shows first; empty if it is the last one. */
  public String defaultSampleType() {
    return defaultSampleType;
  }

  /** What happened between two samples, such as {@code cpu} in {@code nanoseconds}. */
  public ValueType periodType() {
    return periodType;
  }

  /** How much of {@link #periodType} lies between two samples. */
  public long period() {
    return period;
  }

  /** When the profile was taken; for a difference, when the later one was. */
  public Instant time() {
    return time;
  }

  /** The time that the samples are from; zero for a moment, and for sums since the start. */
  public Duration duration() {
    return duration;
  }

  /** Remarks for people, such as which labels were left out. */
  public List<String> comments() {
    return comments;
  }

  /** The name of the program that the profile is of; empty if unknown. */
  public String program() {
    return program;
  }

  /** How many distinct pairs of stack and labels there are. */
  public int size() {
    return samples.size();
  }

  /** Calls a visitor for each sample, in no order. The array must not be changed. */
  public void forEach(Visitor visitor) {
    samples.forEach((key, values) -> visitor.sample(key.stack(), key.labels(), values));
  }

  /** The sum of one value over all samples. */
  public long total(int index) {
    return samples.values().stream().mapToLong(values -> values[index]).sum();
  }

  /**
   * Checks what readers of the written form demand (google/pprof, profile.go, CheckValid; Parca,
   * pkg/normalizer/validate.go), as far as a profile can violate it at all.
   *
   * @throws IllegalStateException if a reader would reject the profile; the message says why
   */
  public void checkValid() {
    Validity.check(this, samples.keySet());
  }

  /**
   * Returns the growth since an earlier profile of the same process, for each pair of stack and
   * labels. Values may be negative. Samples without any growth are left out.
   *
   * @throws IllegalArgumentException if the profiles count different things
   */
  public Profile minus(Profile earlier) {
    Validity.requireSameTypes(this, earlier);
    Builder difference = copyOfHead();
    difference.duration = Duration.between(earlier.time, time);
    var grown = new HashMap<Key, long[]>(samples.size() * 2);
    samples.forEach((key, values) -> grown.put(key, values.clone()));
    earlier.samples.forEach((key, values) -> addTo(grown, key, values, -1));
    grown.values().removeIf(values -> Arrays.stream(values).allMatch(value -> value == 0));
    return new Profile(difference, grown);
  }

  /**
   * Returns the sum with another profile that counts the same things. Its time is the later one.
   *
   * @throws IllegalArgumentException if the profiles count different things
   */
  public Profile plus(Profile other) {
    Validity.requireSameTypes(this, other);
    Builder sum = copyOfHead();
    sum.time = time.isAfter(other.time) ? time : other.time;
    sum.duration = duration.plus(other.duration);
    var added = new HashMap<Key, long[]>(samples.size() * 2);
    samples.forEach((key, values) -> added.put(key, values.clone()));
    other.samples.forEach((key, values) -> addTo(added, key, values, 1));
    return new Profile(sum, added);
  }

  private static void addTo(Map<Key, long[]> sums, Key key, long[] values, int sign) {
    long[] sum = sums.computeIfAbsent(key, absent -> new long[values.length]);
    for (int i = 0; i < values.length; i++) {
      sum[i] += sign * values[i];
    }
  }

  Builder copyOfHead() {
    var copy = new Builder(sampleTypes);
    copy.defaultSampleType = defaultSampleType;
    copy.periodType = periodType;
    copy.period = period;
    copy.time = time;
    copy.duration = duration;
    copy.program = program;
    copy.comments.addAll(comments);
    return copy;
  }

  /**
   * Receives samples.
   *
   * @since 0.1.0
   */
  @FunctionalInterface
  public interface Visitor {
    /** Takes one sample, which has as many values as the profile has types. */
    void sample(Stack stack, LabelSet labels, long[] values);
  }

  /**
   * Gathers samples; those with the same stack and labels are added up. Not thread-safe.
   *
   * @since 0.1.0
   */
  public static final class Builder {
    private final List<ValueType> sampleTypes;
    private final List<String> comments = new ArrayList<>();
    private Map<Key, long[]> samples = new HashMap<>();
    private String defaultSampleType = "";
    private ValueType periodType;
    private long period = 1;
    private Instant time = Instant.now();
    private Duration duration = Duration.ZERO;
    private String program = ProgramName.ofThisJvm();

    private Builder(List<ValueType> sampleTypes) {
      if (sampleTypes.isEmpty()
          || sampleTypes.stream().map(ValueType::type).distinct().count() < sampleTypes.size()) {
        throw new IllegalArgumentException(
            "a profile needs one or more types with distinct names, not " + sampleTypes);
      }
      this.sampleTypes = sampleTypes;
      this.periodType = sampleTypes.get(0);
    }

    /** Sets which type a reader shows first; by default the last one. */
    public Builder defaultSampleType(String type) {
      if (sampleTypes.stream().noneMatch(known -> known.type().equals(type))) {
        throw new IllegalArgumentException(type + " is none of " + sampleTypes);
      }
      defaultSampleType = type;
      return this;
    }

    /** Sets what lies between two samples; by default one of the first type. */
    public Builder period(ValueType type, long amount) {
      periodType = Objects.requireNonNull(type, "type");
      period = amount;
      return this;
    }

    /** Sets when the profile was taken; by default when the builder was made. */
    public Builder time(Instant taken) {
      time = Objects.requireNonNull(taken, "time");
      return this;
    }

    /** Sets the time that the samples are from; by default none. */
    public Builder duration(Duration from) {
      duration = Objects.requireNonNull(from, "duration");
      return this;
    }

    /** Sets the name of the program, empty if it is unknown; by default the name of this one. */
    public Builder program(String name) {
      program = Objects.requireNonNull(name, "program");
      return this;
    }

    /** Adds a remark for people. */
    public Builder comment(String remark) {
      comments.add(Objects.requireNonNull(remark, "remark"));
      return this;
    }

    /**
     * Adds a sample.
     *
     * @throws IllegalArgumentException if the number of values is not that of the types
     */
    public Builder add(Stack stack, LabelSet labels, long... values) {
      if (values.length != sampleTypes.size()) {
        throw new IllegalArgumentException(
            "%d values for %d types".formatted(values.length, sampleTypes.size()));
      }
      addTo(samples, new Key(stack, labels), values, 1);
      return this;
    }

    /** Whether there is a sample with this stack and these labels. */
    public boolean contains(Stack stack, LabelSet labels) {
      return samples.containsKey(new Key(stack, labels));
    }

    /** Completes the profile. The builder must not be used afterwards. */
    public Profile build() {
      var whole = new Profile(this, samples);
      samples = Collections.emptyMap();
      return whole;
    }
  }
}
