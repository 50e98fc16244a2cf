package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.model.Profile.ValueType;
import java.util.List;

/** Sampled objects that were alive at the end of a recording ({@code jdk.OldObjectSample}). */
final class LeakEvents implements Events {
  private static final List<ValueType> TYPES =
      List.of(new ValueType("inuse_objects", "count"), new ValueType("inuse_space", "bytes"));

  @Override
  public List<ValueType> types() {
    return TYPES;
  }

  @Override
  public long period() {
    return AllocationEvents.PERIOD;
  }

  @Override
  public void subscribe(EventSource source, Taker taker) {
    source.onEvent(
        LiveObjects.NAME,
        event ->
            taker.sample(
                event,
                event.getThread(),
                1,
                event.hasField("objectSize") ? event.getLong("objectSize") : 0));
  }

  @Override
  public List<String> remarks() {
    return List.of(
        "These are up to 256 samples of live objects as they are, not an estimate of all.");
  }
}
