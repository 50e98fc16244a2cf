package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.model.Profile.ValueType;
import java.util.List;
import jdk.jfr.consumer.RecordedClass;
import jdk.jfr.consumer.RecordingStream;

/**
 * Samples of allocations ({@code jdk.ObjectAllocationSample}). A sample stands for all bytes that
 * its thread has allocated since that thread's sample before. How many objects that were is
 * estimated by the size of the sampled object's class.
 */
final class AllocationEvents implements Events {
  static final List<ValueType> TYPES =
      List.of(new ValueType("alloc_objects", "count"), new ValueType("alloc_space", "bytes"));
  static final ValueType SPACE = new ValueType("space", "bytes");

  /** Go's default (runtime.MemProfileRate). The recorder samples by time, not by bytes. */
  static final long PERIOD = 512 * 1024;

  private static final String NAME = "jdk.ObjectAllocationSample";

  private final ObjectSizes sizes;

  AllocationEvents(ObjectSizes sizes) {
    this.sizes = sizes;
  }

  static void enable(RecordingStream stream) {
    stream.enable(NAME).with("throttle", "150/s").withStackTrace();
  }

  @Override
  public List<ValueType> types() {
    return TYPES;
  }

  @Override
  public long period() {
    return PERIOD;
  }

  @Override
  public void subscribe(EventSource source, Taker taker) {
    source.onEvent(
        NAME,
        event -> {
          long bytes = event.getLong("weight");
          RecordedClass type = event.getClass("objectClass");
          long size = sizes.of(type == null ? "" : type.getName());
          taker.sample(event, event.getThread(), Math.max(1, bytes / size), bytes);
        });
  }

  @Override
  public List<String> remarks() {
    return List.of("Objects are estimated: bytes, divided by the size of the sampled class.");
  }
}
