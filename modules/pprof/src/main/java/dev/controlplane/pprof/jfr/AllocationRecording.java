package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Roster;
import java.util.Optional;
import jdk.jfr.consumer.RecordingStream;

/**
 * What is recorded all the time: allocations, samples of live objects, and starts of threads. It
 * can be made on a JVM without a Flight Recorder; only the recording itself needs one.
 */
final class AllocationRecording implements BackgroundRecording.Setup {
  private final StackTotals totals;
  private final StackReader stacks = new StackReader(Roster.FRAMES);
  private final ObjectSizes sizes = new ObjectSizes(true);
  private final ThreadCreators creators = new ThreadCreators(stacks);

  /**
   * @param totals where the allocations are summed
   */
  AllocationRecording(StackTotals totals) {
    this.totals = totals;
  }

  @Override
  public void prepare(RecordingStream stream) {
    Events events = new AllocationEvents(sizes);
    AllocationEvents.enable(stream);
    events.subscribe(
        stream::onEvent,
        (event, thread, values) ->
            totals.add(stacks.read(event.getStackTrace()), LabelSet.EMPTY, values));
    LiveObjects.enable(stream);
    creators.subscribe(stream);
    stream.onFlush(stacks::endPortion);
  }

  /** Sizes that were learned. */
  ObjectSizes sizes() {
    return sizes;
  }

  /** Who started the platform threads that were started meanwhile. */
  ThreadCreators creators() {
    return creators;
  }

  /** What to tell people of the stacks. */
  Optional<String> remark() {
    return stacks.remark();
  }
}
