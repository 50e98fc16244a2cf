package dev.controlplane.pprof.jfr;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import jdk.jfr.consumer.RecordingStream;

/**
 * A recording that runs until it is closed, read once a second by a thread of its own.
 *
 * <p>It pauses while the recorder can't be used, or its disk is nearly full: the recorder would end
 * the JVM when it can't write.
 */
final class BackgroundRecording implements AutoCloseable {
  /** How long to wait before another attempt, and between two looks at the disk. */
  private static final long PAUSE_SECONDS = 10;

  private static final String THREAD_NAME = "pprof-recorder";

  private final Consumer<RecordingStream> setup;
  private final CountDownLatch decided = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;
  private volatile RecordingStream running;
  private volatile IOException problem;
  private long looked = System.nanoTime();

  /**
   * Starts to record. Does not wait for the recorder, which takes some tenths of a second.
   *
   * @param setup enables events and subscribes to them; it is called again after a pause
   */
  BackgroundRecording(Consumer<RecordingStream> setup) {
    this.setup = setup;
    this.thread = Thread.ofPlatform().daemon().name(THREAD_NAME).start(this::run);
  }

  /** Why nothing is recorded now; null if something is. Waits for the first attempt to start. */
  IOException problem() {
    try {
      decided.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new IOException("interrupted");
    }
    return problem;
  }

  private void run() {
    try {
      while (closed.getCount() > 0) {
        try {
          Recorder.require();
          stream();
        } catch (IOException e) {
          problem = e;
        }
        decided.countDown();
        closed.await(PAUSE_SECONDS, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      decided.countDown();
    }
  }

  /** Records until it is closed, or the disk is nearly full. */
  private void stream() throws IOException {
    try (RecordingStream stream = new RecordingStream()) {
      setup.accept(stream);
      stream.onFlush(() -> pauseOnFullDisk(stream));
      // A failing handler must not spam the program's standard error, which is the default.
      stream.onError(error -> problem = Recorder.failed(error));
      running = stream;
      if (closed.getCount() == 0) {
        return;
      }
      problem = null;
      decided.countDown();
      stream.start();
    } catch (IllegalStateException e) {
      throw Recorder.failed(e);
    } finally {
      running = null;
    }
  }

  private void pauseOnFullDisk(RecordingStream stream) {
    if (System.nanoTime() - looked < TimeUnit.SECONDS.toNanos(PAUSE_SECONDS)) {
      return;
    }
    looked = System.nanoTime();
    try {
      Recorder.require();
    } catch (IOException e) {
      problem = e;
      stream.close();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    RecordingStream stream = running;
    if (stream != null) {
      stream.close();
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
