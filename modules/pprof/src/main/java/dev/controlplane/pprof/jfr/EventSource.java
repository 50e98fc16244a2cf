package dev.controlplane.pprof.jfr;

import java.util.function.Consumer;
import jdk.jfr.consumer.RecordedEvent;

/** Where recorded events come from: a running recording, or a file. */
@FunctionalInterface
interface EventSource {
  /** Passes each event with this name to an action. */
  void onEvent(String name, Consumer<RecordedEvent> action);
}
