package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Profile.ValueType;
import dev.controlplane.pprof.sources.LiveSource;
import dev.controlplane.pprof.threads.InheritedLabels;
import dev.controlplane.pprof.threads.LabelHistory;
import dev.controlplane.pprof.threads.Roster;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingStream;

/**
 * One recording of where CPU time goes.
 *
 * <p>The recorder writes to its directory and this reads along, once a second. What has been read
 * is deleted, so that a long profile takes no more disk than a short one, and leaves no file.
 */
final class CpuRecording {
  /** Memory for distinct stacks, in bytes. */
  private static final long ROOM = 64L << 20;

  private final boolean cpuTime;
  private final StackReader stacks = new StackReader(Roster.FRAMES);
  private final StackSums totals = new StackSums(Roster.FRAMES, ROOM);
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private Instant newest = Instant.EPOCH;

  /**
   * @param cpuTime whether threads are sampled by their CPU time
   */
  CpuRecording(boolean cpuTime) {
    this.cpuTime = cpuTime;
  }

  Profile record(Duration time, ProfileKind.Patience patience)
      throws IOException, InterruptedException {
    Events events;
    Instant begin;
    Instant end;
    Duration used;
    try (RecordingStream stream = new RecordingStream();
        LabelHistory labels =
            LabelHistory.begin(() -> InheritedLabels.byId(LiveSource.threads()))) {
      events = cpuTime ? CpuTimeEvents.live(stream) : ExecutionEvents.live(stream);
      events.subscribe(
          stream::onEvent, (event, thread, values) -> take(labels, event, thread, values));
      stream.onFlush(
          () -> {
            stacks.endPortion();
            labels.forgetBefore(newest);
          });
      stream.onError(error -> failure.compareAndSet(null, error));
      Duration usedBefore = cpuTimeOfProcess();
      stream.startAsync();
      begin = Instant.now();
      patience.await(time);
      end = Instant.now();
      used = cpuTimeOfProcess().minus(usedBefore);
      stream.stop();
    } catch (IllegalStateException e) {
      throw Recorder.failed(e);
    }
    if (failure.get() != null) {
      throw Recorder.failed(failure.get());
    }
    return profile(events, begin, Duration.between(begin, end), used);
  }

  private void take(
      LabelHistory labels, RecordedEvent event, RecordedThread thread, long... values) {
    newest = event.getStartTime();
    LabelSet labelSet =
        thread == null ? LabelSet.EMPTY : labels.at(thread.getJavaThreadId(), newest);
    totals.add(stacks.read(event.getStackTrace()), labelSet, values);
  }

  private Profile profile(Events events, Instant begin, Duration duration, Duration used) {
    Profile.Builder profile =
        Profile.builder(events.types().toArray(ValueType[]::new))
            .period(CpuTimeEvents.CPU, events.period())
            .time(begin)
            .duration(duration);
    totals.addTo(profile);
    profile.comment(
        "The process used %.2f s of CPU time meanwhile, with what the samples do not see."
            .formatted(used.toMillis() / 1e3));
    events.remarks().forEach(profile::comment);
    stacks.remark().ifPresent(profile::comment);
    return profile.build();
  }

  private static Duration cpuTimeOfProcess() {
    return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
  }
}
