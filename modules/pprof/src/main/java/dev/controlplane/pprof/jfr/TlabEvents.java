package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.model.Profile.ValueType;
import java.util.List;

/**
 * Samples of allocations as recordings before JDK 16 have them, and later ones that ask for it: the
 * first object of each buffer that a thread gets for its objects ({@code
 * jdk.ObjectAllocationInNewTLAB}), which stands for the whole buffer, and each object too large for
 * one ({@code jdk.ObjectAllocationOutsideTLAB}).
 */
final class TlabEvents implements Events {
  @Override
  public List<ValueType> types() {
    return AllocationEvents.TYPES;
  }

  @Override
  public long period() {
    return AllocationEvents.PERIOD;
  }

  @Override
  public void subscribe(EventSource source, Taker taker) {
    source.onEvent(
        "jdk.ObjectAllocationInNewTLAB",
        event -> {
          long size = Math.max(1, event.getLong("allocationSize"));
          long buffer = event.getLong("tlabSize");
          taker.sample(event, event.getThread(), Math.max(1, buffer / size), buffer);
        });
    source.onEvent(
        "jdk.ObjectAllocationOutsideTLAB",
        event -> taker.sample(event, event.getThread(), 1, event.getLong("allocationSize")));
  }

  @Override
  public List<String> remarks() {
    return List.of("Objects are estimated: the size of a buffer, divided by its first object's.");
  }
}
