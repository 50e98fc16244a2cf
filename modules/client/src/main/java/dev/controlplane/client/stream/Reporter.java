package dev.controlplane.client.stream;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.controlplane.client.RetryPolicy;
import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.ReportedState;
import dev.controlplane.proto.StatusReport;
import dev.controlplane.proto.StatusSummary;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Sends reports to the server in order, on a thread of its own. Thread-safe.
 *
 * <p>Reports that have gathered are sent in one call. They are forgotten once the call's summary
 * says that they are durable; a failed call is repeated. While the server is away, at most {@value
 * #FREE} reports and, beyond that, the two newest per worker are kept.
 *
 * <p>The protocol does not say which report of a call was rejected. After a rejection, reports are
 * therefore sent one by one, and those rejected alone are dropped.
 */
public final class Reporter implements AutoCloseable {
  private static final int FREE = 1024;
  private static final int MOST_IN_ONE_CALL = 1024;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** How long closing may take to send pending reports. */
  private static final Duration FLUSH = Duration.ofSeconds(1);

  /**
   * How often a report of an unknown consumer is tried, because a first subscription is stored a
   * little after it was opened.
   */
  private static final int TRIES_OF_THE_UNKNOWN = 5;

  /** Receives reports that the server rejected. */
  @FunctionalInterface
  public interface Refusal {
    void refused(StatusReport report, String reason);
  }

  private final GrpcChannels channels;
  private final RetryPolicy retry;
  private final Refusal refusal;

  private final Lock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private List<StatusReport> pending = new ArrayList<>();

  @GuardedBy("lock")
  private int bound = FREE;

  @GuardedBy("lock")
  private boolean closing;

  @GuardedBy("lock")
  private Thread thread;

  public Reporter(GrpcChannels channels, RetryPolicy retry, Refusal refusal) {
    this.channels = channels;
    this.retry = retry;
    this.refusal = refusal;
  }

  /**
   * Starts sending. Call it once the consumer has subscribed, because the server would not know it
   * before.
   */
  public void start() {
    lock.lock();
    try {
      if (thread == null && !closing) {
        thread = Thread.ofVirtual().name("reports").start(this::run);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Queues a report. Never waits. */
  public void report(StatusReport report) {
    lock.lock();
    try {
      pending.add(report);
      shrink();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Drops reports that add nothing: for each worker the server keeps only the newest rejection and
   * the newest other report.
   */
  @GuardedBy("lock")
  private void shrink() {
    if (pending.size() <= bound) {
      return;
    }
    Set<String> seen = new HashSet<>();
    List<StatusReport> newest = new ArrayList<>();
    for (StatusReport report : pending.reversed()) {
      boolean rejected = report.getState() == ReportedState.REJECTED;
      if (seen.add((rejected ? "-" : "+") + report.getWorkerName())) {
        newest.add(report);
      }
    }
    Collections.reverse(newest);
    pending = newest;
    bound = FREE + 2 * newest.size();
  }

  private void run() {
    try (Line line = new Line()) {
      int failures = 0;
      int single = 0;
      while (true) {
        List<StatusReport> batch = take(single > 0 ? 1 : MOST_IN_ONE_CALL);
        if (batch.isEmpty()) {
          return;
        }
        Status status = line.send(batch);
        Status.Code code = status.getCode();
        boolean refused = code == Status.Code.NOT_FOUND || code == Status.Code.INVALID_ARGUMENT;
        if (status.isOk()) {
          failures = 0;
          single = Math.max(0, single - 1);
        } else if (refused && batch.size() > 1) {
          single = batch.size();
          putBack(batch);
        } else if (code == Status.Code.INVALID_ARGUMENT
            || (code == Status.Code.NOT_FOUND && failures >= TRIES_OF_THE_UNKNOWN)) {
          refusal.refused(batch.getFirst(), Subscriber.reason(status));
          failures = 0;
          single = Math.max(0, single - 1);
        } else {
          failures++;
          putBack(batch);
          if (!pause(retry.delay(failures))) {
            return;
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for reports; returns none if none are left and none will come. */
  private List<StatusReport> take(int most) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (pending.isEmpty() && !closing) {
        changed.await();
      }
      List<StatusReport> head = pending.subList(0, Math.min(most, pending.size()));
      List<StatusReport> batch = List.copyOf(head);
      head.clear();
      return batch;
    } finally {
      lock.unlock();
    }
  }

  private void putBack(List<StatusReport> batch) {
    lock.lock();
    try {
      pending.addAll(0, batch);
      shrink();
    } finally {
      lock.unlock();
    }
  }

  /** Waits; returns whether another attempt makes sense. */
  private boolean pause(Duration delay) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = delay.toNanos();
      while (left > 0 && !closing) {
        left = changed.awaitNanos(left);
      }
      return !closing;
    } finally {
      lock.unlock();
    }
  }

  /** Sends pending reports if that is quickly done. */
  @Override
  public void close() {
    Thread running;
    lock.lock();
    try {
      closing = true;
      changed.signalAll();
      running = thread;
    } finally {
      lock.unlock();
    }
    if (running == null) {
      return;
    }
    try {
      running.join(FLUSH);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    running.interrupt();
  }

  /** A connection for consecutive calls. */
  private final class Line implements AutoCloseable {
    private final ManagedChannel channel = channels.open();

    /** Sends reports in one call; returns its status. If it is OK, all of them are durable. */
    Status send(List<StatusReport> batch) throws InterruptedException {
      // Otherwise the channel's own backoff would exceed the pauses here, and finally be minutes.
      channel.resetConnectBackoff();
      CompletableFuture<Status> end = new CompletableFuture<>();
      ClientCall<StatusReport, StatusSummary> call =
          channel.newCall(
              ControlPlaneGrpc.getReportStatusMethod(),
              CallOptions.DEFAULT.withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
      call.start(
          new ClientCall.Listener<>() {
            @Override
            public void onClose(Status status, Metadata trailers) {
              end.complete(status);
            }
          },
          new Metadata());
      call.request(2);
      batch.forEach(call::sendMessage);
      call.halfClose();
      try {
        return end.get();
      } catch (ExecutionException e) {
        throw new IllegalStateException(e);
      } catch (InterruptedException e) {
        call.cancel("closed", null);
        throw e;
      }
    }

    @Override
    public void close() {
      channel.shutdownNow();
    }
  }
}
