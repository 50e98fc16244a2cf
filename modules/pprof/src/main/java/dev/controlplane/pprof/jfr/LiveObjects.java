package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.Stack;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import jdk.jfr.consumer.RecordedClass;
import jdk.jfr.consumer.RecordedObject;
import jdk.jfr.consumer.RecordingStream;

/**
 * Samples of objects that were alive at the last collection ({@code jdk.OldObjectSample}). The
 * recorder keeps up to 256 of them while a recording has the event enabled, and writes them when a
 * recording ends: so each look is a recording that ends at once.
 */
final class LiveObjects {
  static final String NAME = "jdk.OldObjectSample";

  /** Looks come one after the other, because the recorder writes the objects to all of them. */
  private static final ReentrantLock LOOKING = new ReentrantLock();

  /**
   * An object that is alive.
   *
   * @param stack where it was allocated
   * @param type name of its class, as the JVM spells it
   * @param size in bytes; 0 if unknown
   */
  record Sampled(Stack stack, String type, long size) {}

  /** Receives live objects. */
  @FunctionalInterface
  interface Taker {
    void object(Sampled sampled);
  }

  private LiveObjects() {}

  static void enable(RecordingStream stream) {
    // Without the paths that keep objects alive: to find them stops the JVM for long.
    stream.enable(NAME).with("cutoff", "0 ns").withStackTrace();
  }

  /** Passes each object of a source to a taker. */
  static void subscribe(EventSource source, StackReader stacks, Taker taker) {
    source.onEvent(
        NAME,
        event -> {
          RecordedObject object = event.getValue("object");
          RecordedClass type = object == null ? null : object.getClass("type");
          taker.object(
              new Sampled(
                  stacks.read(event.getStackTrace()),
                  type == null ? "" : type.getName(),
                  event.hasField("objectSize") ? event.getLong("objectSize") : 0));
        });
  }

  /**
   * The live objects of this JVM, if a recording keeps samples of them.
   *
   * @throws IOException if the recorder fails
   */
  static List<Sampled> now(FrameTable table) throws IOException {
    var objects = new ArrayList<Sampled>();
    var failure = new AtomicReference<Throwable>();
    LOOKING.lock();
    try (RecordingStream stream = new RecordingStream()) {
      enable(stream);
      subscribe(stream::onEvent, new StackReader(table), objects::add);
      stream.onError(error -> failure.compareAndSet(null, error));
      stream.startAsync();
      stream.stop();
    } catch (IllegalStateException e) {
      throw Recorder.failed(e);
    } finally {
      LOOKING.unlock();
    }
    if (failure.get() != null) {
      throw Recorder.failed(failure.get());
    }
    return objects;
  }
}
