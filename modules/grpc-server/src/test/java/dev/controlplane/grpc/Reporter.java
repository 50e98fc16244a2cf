package dev.controlplane.grpc;

import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.ReportedState;
import dev.controlplane.proto.StatusReport;
import dev.controlplane.proto.StatusSummary;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A call on which a consumer tells what became of updates. */
public final class Reporter implements StreamObserver<StatusSummary> {
  private final CompletableFuture<Long> accepted = new CompletableFuture<>();
  private final CompletableFuture<Status> end = new CompletableFuture<>();
  private final StreamObserver<StatusReport> out;

  public Reporter(Channel channel) {
    out = ControlPlaneGrpc.newStub(channel).reportStatus(this);
  }

  public static StatusReport report(
      String consumer, String worker, String version, long revision, ReportedState state) {
    return StatusReport.newBuilder()
        .setConsumerId(consumer)
        .setWorkerName(worker)
        .setVersion(version)
        .setRevision(revision)
        .setState(state)
        .build();
  }

  public Reporter send(StatusReport... reports) {
    for (StatusReport report : reports) {
      out.onNext(report);
    }
    return this;
  }

  /** Says that this was all; how many were accepted. */
  public long accepted() {
    out.onCompleted();
    Status status = end();
    if (!status.isOk()) {
      throw new AssertionError(status);
    }
    return accepted.getNow(-1L);
  }

  /** Waits for the end. */
  public Status end() {
    try {
      return end.get(60, TimeUnit.SECONDS);
    } catch (ExecutionException | InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  /** Ends the call without waiting for an answer. */
  public void cancel() {
    out.onError(Status.CANCELLED.asRuntimeException());
  }

  @Override
  public void onNext(StatusSummary summary) {
    accepted.complete(summary.getAccepted());
  }

  @Override
  public void onError(Throwable failure) {
    end.complete(Status.fromThrowable(failure));
  }

  @Override
  public void onCompleted() {
    end.complete(Status.OK);
  }
}
