package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.ProfileKind;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.jfr.Configuration;
import jdk.jfr.Recording;

/**
 * A trace: a Flight Recorder recording with the JDK's settings {@code profile.jfc}. JDK Mission
 * Control, {@code jfr} and this module's {@code convert} read it; {@code go tool trace} does not.
 *
 * @since 0.1.0
 */
public final class TraceRecording implements ProfileKind.Raw {
  /** What a trace takes on disk at most, in bytes; the oldest events are dropped beyond. */
  private static final long MOST = 256L << 20;

  /** What may have secrets: the environment, properties, and the commands of other processes. */
  private static final List<String> SECRETS =
      List.of("jdk.InitialEnvironmentVariable", "jdk.InitialSystemProperty", "jdk.SystemProcess");

  /** One trace at a time in the whole process, as in Go. */
  private static final AtomicBoolean RECORDING = new AtomicBoolean();

  @Override
  public String name() {
    return "trace";
  }

  @Override
  public String description() {
    return "A Flight Recorder recording of the current program. You can specify the duration in"
        + " the seconds GET parameter. JDK Mission Control and jfr read it; go tool trace does"
        + " not.";
  }

  @Override
  public long count() {
    return 0;
  }

  /** Records, and writes the recording unless the client has left. Does not close the stream. */
  @Override
  public void record(Duration time, Parameters parameters, Patience patience, Target target)
      throws IOException, InUseException, InterruptedException {
    if (!RECORDING.compareAndSet(false, true)) {
      throw new InUseException("Could not enable tracing: execution tracer already enabled");
    }
    try {
      Recorder.require();
      Recorded.write(time, patience, target);
    } finally {
      RECORDING.set(false);
    }
  }

  /** Apart, because it can't be loaded without a Flight Recorder. */
  private static final class Recorded {
    private Recorded() {}

    static void write(Duration time, Patience patience, Target target)
        throws IOException, InterruptedException {
      try (Recording recording = new Recording(Configuration.getConfiguration("profile"))) {
        recording.setName("pprof trace");
        recording.setMaxSize(MOST);
        SECRETS.forEach(recording::disable);
        recording.start();
        if (!patience.await(time)) {
          return;
        }
        recording.stop();
        try (InputStream recorded = recording.getStream(null, null)) {
          if (recorded == null) {
            throw new IOException("the Flight Recorder recorded nothing");
          }
          OutputStream out = target.open();
          recorded.transferTo(out);
          out.flush();
        }
      } catch (ParseException | IllegalStateException e) {
        throw Recorder.failed(e);
      }
    }
  }
}
