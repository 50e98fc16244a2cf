package dev.controlplane.pprof.jfr;

import com.sun.management.ThreadMXBean;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.threads.Roster;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingStream;

/**
 * What is recorded all the time: allocations, samples of live objects, and starts of threads. It
 * can be made on a JVM without a Flight Recorder; only the recording itself needs one.
 */
final class AllocationRecording implements BackgroundRecording.Setup {
  private final StackSums totals;

  /** What threads had allocated when the recording began, until their first sample. */
  private final Map<Long, Long> earlier = new HashMap<>();

  private final StackReader stacks = new StackReader(Roster.FRAMES);
  private final ObjectSizes sizes = new ObjectSizes(true);
  private final ThreadCreators creators = new ThreadCreators(stacks);

  /**
   * @param totals where the allocations are summed
   */
  AllocationRecording(StackSums totals) {
    this.totals = totals;
  }

  @Override
  public void prepare(RecordingStream stream) {
    Events events = new AllocationEvents(sizes);
    AllocationEvents.enable(stream);
    events.subscribe(stream::onEvent, this::take);
    earlier.putAll(allocatedByThread());
    LiveObjects.enable(stream);
    creators.subscribe(stream);
    stream.onFlush(stacks::endPortion);
  }

  private void take(RecordedEvent event, RecordedThread thread, long... values) {
    Long before = thread == null ? null : earlier.remove(thread.getJavaThreadId());
    if (before != null) {
      // The first sample of a thread stands for all that it ever allocated.
      long bytes = values[1] - before;
      if (bytes <= 0) {
        return;
      }
      values[0] = Math.max(1, (long) ((double) values[0] * bytes / values[1]));
      values[1] = bytes;
    }
    totals.add(stacks.read(event.getStackTrace()), LabelSet.EMPTY, values);
  }

  /** The bytes that each platform thread has allocated so far; empty if the JVM does not count. */
  private static Map<Long, Long> allocatedByThread() {
    var bytes = new HashMap<Long, Long>();
    if (ManagementFactory.getThreadMXBean() instanceof ThreadMXBean hotSpot) {
      long[] ids = hotSpot.getAllThreadIds();
      long[] allocated = hotSpot.getThreadAllocatedBytes(ids);
      for (int i = 0; i < ids.length; i++) {
        if (allocated[i] > 0) {
          bytes.put(ids[i], allocated[i]);
        }
      }
    }
    return bytes;
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
