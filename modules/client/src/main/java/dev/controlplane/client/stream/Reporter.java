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
 * Takes reports to the server, on a thread of its own, in the order in which they were given.
 *
 * <p>What has gathered goes in one call, and is forgotten when the call's summary says that it is
 * durable; a call that fails is made again. Behind a server that is away no more waits than two
 * reports a worker, the newest, beyond the first {@value #FREE}.
 *
 * <p>The protocol does not say which report of a call was refused: they are sent one by one, then,
 * and those that are refused on their own are given up.
 */
public final class Reporter implements AutoCloseable {
  private static final int FREE = 1024;
  private static final int MOST_IN_ONE_CALL = 1024;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** What the end of the process may wait for. */
  private static final Duration FLUSH = Duration.ofSeconds(1);

  /** A consumer's first subscription is written down a little after it was opened. */
  private static final int TRIES_OF_THE_UNKNOWN = 5;

  /** Is told of a report that the server will not have. */
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

  /** Begins to send; before the consumer has subscribed the server would not know it. */
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

  /** Takes a report; waits for nothing. */
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
   * Of each worker the newest rejection and the newest of the others say all that the server keeps.
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

  /** Waits for reports; none when there are none and none will come. */
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

  /** Whether there is a point in trying again. */
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

  /** Sends what is left, if that is quickly done. */
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

  /** A connection for one call after the other. */
  private final class Line implements AutoCloseable {
    private final ManagedChannel channel = channels.open();

    /** How the call ended; when well, all of the batch is durable. */
    Status send(List<StatusReport> batch) throws InterruptedException {
      // Else a channel that could not connect waits longer than the pauses here, in the end
      // minutes.
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
