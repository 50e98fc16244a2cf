package dev.controlplane.server;

import dev.controlplane.pprof.Goroutines;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A thread that the server can't work without. If it ends unexpectedly, the process ends: a
 * supervisor restarts a process that is gone, but nobody would notice a server that silently
 * stopped a part of its work.
 *
 * <p>The work must catch exceptions from which its loop can recover. Anything else (an {@link
 * Error}, another exception, or a return before {@link #close}) is logged as {@code
 * vital-thread-ended}, and the JVM is halted with {@link #EXIT_STATUS}. It is halted, not exited,
 * because shutdown hooks might wait for the dead thread.
 *
 * <p>{@link #check} detects a hanging thread: the work calls {@link #beat} once per round, and the
 * check fails if a round takes longer than {@code late}. If the check is registered with {@link
 * ServerSetup#check}, {@code /observe/health} is DOWN until the next beat.
 */
public final class Vital implements AutoCloseable {
  /** The exit status after a vital thread ended: EX_SOFTWARE of sysexits.h. */
  public static final int EXIT_STATUS = 70;

  /** The work of the thread, until {@link #isClosing}. */
  @FunctionalInterface
  public interface Work {
    /** Runs until it is interrupted or {@code self} is closing. */
    void run(Vital self) throws Exception;
  }

  /** How the process is halted, and the clock; replaced in tests. */
  record Host(Runnable halt, LongSupplier nanos) {
    static final Host PROCESS =
        new Host(() -> Runtime.getRuntime().halt(EXIT_STATUS), System::nanoTime);
  }

  private final String name;
  private final Duration late;
  private final EventLog log;
  private final Work work;
  private final Host host;
  private final Thread thread;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile long beat;

  private Vital(
      String name, Duration late, EventLog log, Work work, Host host, ThreadFactory threads) {
    this.name = name;
    this.late = late;
    this.log = log;
    this.work = work;
    this.host = host;
    this.beat = host.nanos().getAsLong();
    this.thread = threads.newThread(this::run);
    thread.setName(name);
  }

  /**
   * Starts the work on a virtual thread.
   *
   * @param name the thread's name in profiles, in the log and in {@code /observe/health}
   * @param late the longest time between two beats of a healthy thread; zero if the thread may wait
   *     without limit, for example for connections
   */
  public static Vital start(String name, Duration late, EventLog log, Work work) {
    return start(name, late, log, work, Goroutines.factory());
  }

  /** As {@link #start(String, Duration, EventLog, Work)}, on a thread of this factory. */
  public static Vital start(
      String name, Duration late, EventLog log, Work work, ThreadFactory threads) {
    return start(name, late, log, work, Host.PROCESS, threads);
  }

  static Vital start(
      String name, Duration late, EventLog log, Work work, Host host, ThreadFactory threads) {
    Vital vital = new Vital(name, late, log, work, host, threads);
    vital.thread.start();
    return vital;
  }

  /**
   * Ends the process because a vital thread that was not started here has ended.
   *
   * @param cause the exception that ended the thread; null if it returned
   */
  public static void endProcess(EventLog log, String thread, Throwable cause) {
    end(log, thread, cause, Host.PROCESS);
  }

  private static void end(EventLog log, String thread, Throwable cause, Host host) {
    try {
      StackTraceElement[] trace = cause == null ? new StackTraceElement[0] : cause.getStackTrace();
      log.error(
          "vital-thread-ended",
          "thread",
          thread,
          "reason",
          cause == null ? "it returned without being asked to" : cause,
          "at",
          trace.length == 0 ? "unknown" : trace[0]);
      log.flush();
    } finally {
      host.halt().run(); // even if there was no memory to write the line
    }
  }

  private void run() {
    Throwable cause = null;
    try {
      work.run(this);
    } catch (Throwable e) {
      cause = e;
    }
    if (!isClosing() || cause instanceof Error) {
      end(log, name, cause, host);
    }
  }

  /** Records that the thread is alive. The work calls this once per round. */
  public void beat() {
    beat = host.nanos().getAsLong();
  }

  /** Whether the work should end. */
  public boolean isClosing() {
    return closing.getCount() == 0;
  }

  /**
   * Waits between two rounds and beats. Returns false, without waiting longer, if the work should
   * end.
   */
  public boolean pause(Duration length) throws InterruptedException {
    boolean closed = closing.await(length.toNanos(), TimeUnit.NANOSECONDS);
    beat();
    return !closed;
  }

  /**
   * Checks the thread, for health checks.
   *
   * @throws IllegalStateException with the reason, if the thread has ended or is late
   */
  public void check() {
    if (!thread.isAlive()) {
      throw new IllegalStateException("the thread " + name + " has ended; restart the server");
    }
    long silent = host.nanos().getAsLong() - beat;
    if (!late.isZero() && silent > late.toNanos()) {
      throw new IllegalStateException(
          "the thread %s has not finished a round for %d ms; expected: at most %d ms"
              .formatted(name, Duration.ofNanos(silent).toMillis(), late.toMillis()));
    }
  }

  /** Interrupts the work and waits until it has ended. */
  @Override
  public void close() {
    closing.countDown();
    thread.interrupt();
    join();
  }

  /**
   * Tells the work to end through {@link #pause} and {@link #isClosing}, without an interrupt, and
   * waits until it has ended.
   */
  public void closeGently() {
    closing.countDown();
    join();
  }

  private void join() {
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
