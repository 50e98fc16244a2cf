package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.model.Profile.ValueType;
import java.util.List;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedThread;

/** The events that a kind of profile is made of, live or from a file. Not thread-safe. */
interface Events {
  /** The meaning of each value of a sample. */
  List<ValueType> types();

  /** What lies between two samples, as far as the events say. */
  long period();

  /** Passes each sample of a source to a taker. */
  void subscribe(EventSource source, Taker taker);

  /** What to tell people about the samples so far. */
  List<String> remarks();

  /** Receives samples. */
  @FunctionalInterface
  interface Taker {
    /**
     * Takes one sample.
     *
     * @param event has the stack; it is valid during the call only
     * @param thread null if unknown
     */
    void sample(RecordedEvent event, RecordedThread thread, long... values);
  }
}
