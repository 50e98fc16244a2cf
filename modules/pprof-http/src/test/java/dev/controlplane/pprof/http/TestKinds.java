package dev.controlplane.pprof.http;

import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.Profiles;
import dev.controlplane.pprof.StandardProfiles;
import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Stack;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A registry with a kind for each of Go's names: the real goroutine profile, and kinds without work
 * of their own for the rest, so that what is tested is how they are served.
 */
public final class TestKinds {
  /** Go's kinds that have a delta, and those beside them. */
  static final List<String> COLLECTED =
      List.of("allocs", "block", "goroutineleak", "heap", "mutex", "threadcreate");

  /** A kind that a program has added; it has no delta. */
  static final String USER = "user.own";

  /** A kind that this JVM can't give. */
  static final String BROKEN = "broken";

  private final Profiles profiles = new Profiles();
  private final List<Duration> asked = new CopyOnWriteArrayList<>();
  private final AtomicBoolean recording = new AtomicBoolean();

  /** All kinds. */
  public TestKinds() {
    profiles.add(StandardProfiles.builder().build().profiles().find("goroutine").orElseThrow());
    COLLECTED.forEach(name -> profiles.add(new Fixed(name, true)));
    profiles.add(new Fixed(USER, false)).add(new Broken()).add(new Cpu()).add(new Trace());
  }

  /** The registry. */
  public Profiles profiles() {
    return profiles;
  }

  /** The times that recordings were asked for. */
  List<Duration> asked() {
    return asked;
  }

  /** Whether a recording runs. */
  boolean isRecording() {
    return recording.get();
  }

  private static Profile profile(String type) {
    Frame frame = FrameTable.ofThisJvm().frame("com.example.Worker", "run", "Worker.java", 42);
    return Profile.builder(new Profile.ValueType(type, "count"))
        .add(new Stack(new Frame[] {frame}), LabelSet.EMPTY, 1)
        .build();
  }

  record Fixed(String name, boolean hasDelta) implements ProfileKind.Snapshot {
    @Override
    public String description() {
      return "A <fixed> profile";
    }

    @Override
    public long count() {
      return 7;
    }

    @Override
    public Profile collect(Parameters parameters) {
      return profile(name);
    }

    @Override
    public void writeText(long debug, Parameters parameters, OutputStream out) throws IOException {
      out.write((name + " profile: total 1\n").getBytes(StandardCharsets.UTF_8));
    }
  }

  private record Broken() implements ProfileKind.Snapshot {
    @Override
    public String name() {
      return BROKEN;
    }

    @Override
    public String description() {
      return "What this JVM does not give";
    }

    @Override
    public long count() {
      return 0;
    }

    @Override
    public Profile collect(Parameters parameters) throws IOException {
      throw new IOException("this JVM has no jdk.jfr module");
    }

    @Override
    public void writeText(long debug, Parameters parameters, OutputStream out) throws IOException {
      if (debug > 1) {
        // More than the buffers of a server hold back.
        out.write(new byte[1 << 20]);
      }
      throw new IOException("this JVM has no jdk.jfr module");
    }
  }

  /** Waits for the time, unless the request says {@code now=1}. */
  private void await(
      Duration time, ProfileKind.Parameters parameters, ProfileKind.Patience patience, String inUse)
      throws ProfileKind.InUseException, InterruptedException {
    asked.add(time);
    if (!parameters.text("now").isEmpty()) {
      return;
    }
    if (!recording.compareAndSet(false, true)) {
      throw new ProfileKind.InUseException(inUse);
    }
    try {
      boolean ignored = patience.await(time);
    } finally {
      recording.set(false);
    }
  }

  private final class Cpu implements ProfileKind.Window {
    @Override
    public String name() {
      return "profile";
    }

    @Override
    public String description() {
      return "CPU profile.";
    }

    @Override
    public long count() {
      return 0;
    }

    @Override
    public Profile record(Duration time, Parameters parameters, Patience patience)
        throws InUseException, InterruptedException {
      await(
          time,
          parameters,
          patience,
          "Could not enable CPU profiling: cpu profiling already in use");
      return profile("cpu");
    }
  }

  private final class Trace implements ProfileKind.Raw {
    @Override
    public String name() {
      return "trace";
    }

    @Override
    public String description() {
      return "A trace of execution of the current program.";
    }

    @Override
    public long count() {
      return 0;
    }

    @Override
    public void record(Duration time, Parameters parameters, Patience patience, Target target)
        throws IOException, InUseException, InterruptedException {
      await(
          time, parameters, patience, "Could not enable tracing: execution tracer already enabled");
      target.open().write("FLR".getBytes(StandardCharsets.UTF_8));
    }
  }
}
