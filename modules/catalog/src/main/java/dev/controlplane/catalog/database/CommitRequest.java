package dev.controlplane.catalog.database;

import dev.controlplane.catalog.failures.CatalogException;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One caller's work for the writer, and its result. Whichever of writer and caller claims it first
 * decides whether it runs: the writer runs it, or the caller withdraws it.
 */
final class CommitRequest<T> {
  private final GroupCommit.Work<T> work;
  private final AtomicBoolean claimed = new AtomicBoolean();
  private final CompletableFuture<T> answer = new CompletableFuture<>();
  private T result;
  private CatalogException refusal;

  CommitRequest(GroupCommit.Work<T> work) {
    this.work = work;
  }

  /** Waits for the result; throws why there is none. */
  T await() throws InterruptedException, ExecutionException {
    return answer.get();
  }

  /** As {@link #await()}, for at most this time. */
  T await(long timeout, TimeUnit unit)
      throws InterruptedException, ExecutionException, TimeoutException {
    return answer.get(timeout, unit);
  }

  /** Claims the request. Returns true for the first caller only. */
  boolean claim() {
    return claimed.compareAndSet(false, true);
  }

  /** Runs the work. A refusal is kept for {@link #answer}. */
  void run(Session session) throws SQLException {
    result = null;
    refusal = null;
    try {
      result = work.in(session);
    } catch (CatalogException e) {
      refusal = e;
    }
  }

  /** Completes the request with an error. Does nothing if it is complete. */
  void fail(Throwable cause) {
    answer.completeExceptionally(cause);
  }

  /** Completes the request with its result or refusal. */
  void answer() {
    if (refusal == null) {
      answer.complete(result);
    } else {
      answer.completeExceptionally(refusal);
    }
  }
}
