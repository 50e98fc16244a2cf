package dev.controlplane.server;

import dev.controlplane.pprof.Goroutines;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A thread that the server can't work without. If it ends unasked, the process ends: a supervisor
 * restarts a process that is gone, but nobody notices a server that has silently stopped doing a
 * part of its work.
 *
 * <p>The work catches the exceptions that its loop can live with. Whatever else leaves it, an
 * {@link Error}, an exception, or a plain return before {@link #close}, is logged as one line
 * ({@code vital-thread-ended}) and the JVM is halted with exit status {@link #EXIT_STATUS}. Halted,
 * not exited: shutdown hooks could wait for the thread that is gone.
 *
 * <p>A thread that hangs is noticed by {@link #check}: the work calls {@link #beat} once a round,
 * and a round that takes longer than {@code late} makes the check fail. Register the check with
 * {@link ServerSetup#check}, and {@code /observe/health} is DOWN until the thread beats again.
 */
public final class Vital implements AutoCloseable {
  /** Exit status of a process whose vital thread has ended: EX_SOFTWARE of sysexits.h. */
  public static final int EXIT_STATUS = 70;

  /** What the thread does until {@link #isClosing}. */
  @FunctionalInterface
  public interface Work {
    /** Runs until it is interrupted or sees that {@code self} is closing. */
    void run(Vital self) throws Exception;
  }

  /** How the process ends, and what time it is; replaced in tests. */
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
   * @param late the longest time between two beats of a healthy thread; zero for a thread that may
   *     wait as long as it likes, such as one that accepts connections
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
   * Ends the process because a thread has ended that it can't work without; for threads that are
   * not started here.
   *
   * @param cause what ended the thread; null if it just returned
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
      host.halt().run(); // Also where no memory was left to write the line.
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

  /** The thread is alive and well; called by the work once a round. */
  public void beat() {
    beat = host.nanos().getAsLong();
  }

  /** Whether the work shall end. */
  public boolean isClosing() {
    return closing.getCount() == 0;
  }

  /** Waits between two rounds, and beats; false at once if the work shall end. */
  public boolean pause(Duration length) throws InterruptedException {
    boolean closed = closing.await(length.toNanos(), TimeUnit.NANOSECONDS);
    beat();
    return !closed;
  }

  /**
   * For health checks.
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
   * Lets the work end by itself once {@link #pause} or {@link #isClosing} tells it to, and waits
   * until it has ended.
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
