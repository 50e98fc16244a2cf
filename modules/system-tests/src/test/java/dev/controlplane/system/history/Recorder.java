package dev.controlplane.system.history;

import dev.controlplane.system.history.Event.Received;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongFunction;

/** Collects the events of a run, in one order, by one clock; for any thread. */
public final class Recorder {
  private final long start = System.nanoTime();
  private final List<Event> events = new ArrayList<>();
  private final Set<String> logs = new HashSet<>();
  private final AtomicInteger streams = new AtomicInteger();

  /** Nanoseconds since the beginning. */
  public long now() {
    return System.nanoTime() - start;
  }

  /** A number for a stream that is about to be opened. */
  public int nextStream() {
    return streams.incrementAndGet();
  }

  /** Adds an event that happens now. */
  public synchronized void record(LongFunction<Event> at) {
    record(at.apply(now()));
  }

  /** Adds an event that tells its own times. */
  public synchronized void record(Event event) {
    events.add(event);
    if (event instanceof Received message) {
      logs.add(Eras.logOf(message.token()));
    }
  }

  /** How many logs consumers were told of. */
  public synchronized int logs() {
    return logs.size();
  }

  /** What was recorded so far. */
  public synchronized History history() {
    return new History(events);
  }
}
