package dev.controlplane.catalog.database;

import dev.controlplane.catalog.CatalogException;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/** One caller's work and its answer. Who claims it, the writer or the caller, decides its fate. */
final class CommitRequest<T> {
  private final GroupCommit.Work<T> work;
  private final AtomicBoolean claimed = new AtomicBoolean();
  private final CompletableFuture<T> answer = new CompletableFuture<>();
  private T result;
  private CatalogException refusal;

  CommitRequest(GroupCommit.Work<T> work) {
    this.work = work;
  }

  /** The result; throws why there is none. */
  T await() throws InterruptedException, ExecutionException {
    return answer.get();
  }

  /** As {@link #await()}, but not for longer than this. */
  T await(long timeout, TimeUnit unit)
      throws InterruptedException, ExecutionException, TimeoutException {
    return answer.get(timeout, unit);
  }

  /** Whether its fate is the caller's of this to decide: true once. */
  boolean claim() {
    return claimed.compareAndSet(false, true);
  }

  /** Does the work; a refusal is kept for the answer. */
  void run(Session session) throws SQLException {
    result = null;
    refusal = null;
    try {
      result = work.in(session);
    } catch (CatalogException e) {
      refusal = e;
    }
  }

  /** Does nothing if the request was answered before. */
  void fail(Throwable cause) {
    answer.completeExceptionally(cause);
  }

  /** Lets the caller go on with the result or the refusal. */
  void answer() {
    if (refusal == null) {
      answer.complete(result);
    } else {
      answer.completeExceptionally(refusal);
    }
  }
}
