package dev.controlplane.pprof.jfr;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import jdk.jfr.consumer.RecordingStream;

/**
 * A recording that runs until it is closed, read once a second by a thread of its own.
 *
 * <p>It pauses while the recorder can't be used, or its disk is nearly full: the recorder would end
 * the JVM when it can't write. It does not start while file descriptors are short.
 */
final class BackgroundRecording implements AutoCloseable {
  /** How long to wait before another attempt, and between two looks at the disk. */
  private static final Duration PAUSE = Duration.ofSeconds(10);

  private static final String THREAD_NAME = "pprof-recorder";

  /** Prepares a recording. */
  interface Setup {
    /** Enables events and subscribes to them. It is called again after a pause. */
    void prepare(RecordingStream stream);
  }

  private final Setup setup;
  private final Duration pause;
  private final CountDownLatch decided = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;
  private volatile RecordingStream running;
  private volatile IOException problem;
  private volatile Throwable failure;
  private long looked = System.nanoTime();

  /** Starts to record. Does not wait for the recorder, which takes some tenths of a second. */
  BackgroundRecording(Setup setup) {
    this(setup, PAUSE);
  }

  /**
   * As {@link #BackgroundRecording(Setup)}.
   *
   * @param pause how long to wait before another attempt, and between two looks at the disk
   */
  BackgroundRecording(Setup setup, Duration pause) {
    this.setup = setup;
    this.pause = pause;
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

  /** Why an event could not be read; null if none failed. The recording continues. */
  Throwable failure() {
    return failure;
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
        closed.await(pause.toNanos(), TimeUnit.NANOSECONDS);
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
      setup.prepare(stream);
      stream.onFlush(() -> pauseOnFullDisk(stream));
      // By default each event that can't be read would fill the program's standard error.
      stream.onError(error -> failure = error);
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
    if (System.nanoTime() - looked < pause.toNanos()) {
      return;
    }
    looked = System.nanoTime();
    try {
      // Not the descriptors: to end one of several recordings takes one.
      Recorder.requireRoom();
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
