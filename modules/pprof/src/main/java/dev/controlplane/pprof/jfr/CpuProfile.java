package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.model.Profile;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The CPU profile: which methods ran, by stack and labels, like Go's {@code /debug/pprof/profile}.
 * A sample of a virtual thread has the labels of that virtual thread.
 *
 * @since 0.1.0
 */
public final class CpuProfile implements ProfileKind.Window {
  /**
   * Where the samples come from.
   *
   * @since 0.1.0
   */
  public enum Source {
    /** The threads that run Java code, sampled by a clock ({@code jdk.ExecutionSample}). */
    SAMPLES,
    /**
     * Each thread sampled by its own CPU time, also in native methods ({@code jdk.CPUTimeSample};
     * Linux, JDK 25 and later). It is known to end JVMs with many short-lived threads
     * (JDK-8387409).
     */
    CPU_TIME,
    /** No CPU profiles. */
    OFF;

    /** The source with this name: {@code samples}, {@code cpu-time} or {@code off}. */
    public static Optional<Source> named(String name) {
      return Arrays.stream(values()).filter(source -> source.toString().equals(name)).findFirst();
    }

    /** The name for settings, such as {@code cpu-time}. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** One recording at a time in the whole process, as in Go. */
  private static final AtomicBoolean RECORDING = new AtomicBoolean();

  private final Source source;

  /** A CPU profile from this source. */
  public CpuProfile(Source source) {
    this.source = Objects.requireNonNull(source, "source");
  }

  @Override
  public String name() {
    return "profile";
  }

  @Override
  public String description() {
    return "CPU profile. You can specify the duration in the seconds GET parameter. After you get"
        + " the profile file, use the go tool pprof command to investigate the profile.";
  }

  @Override
  public long count() {
    return 0;
  }

  @Override
  public Profile record(Duration time, Parameters parameters, Patience patience)
      throws IOException, InUseException, InterruptedException {
    if (source == Source.OFF) {
      throw new IOException("CPU profiles are switched off in this program");
    }
    if (!RECORDING.compareAndSet(false, true)) {
      throw new InUseException("Could not enable CPU profiling: cpu profiling already in use");
    }
    try {
      Recorder.require();
      return new CpuRecording(source == Source.CPU_TIME).record(time, patience);
    } finally {
      RECORDING.set(false);
    }
  }
}
