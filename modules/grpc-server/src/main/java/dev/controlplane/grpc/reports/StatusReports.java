package dev.controlplane.grpc.reports;

import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.Consumers;
import dev.controlplane.catalog.Consumers.Report;
import dev.controlplane.catalog.Consumers.State;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.UnknownVersionException;
import dev.controlplane.grpc.errors.CallErrors;
import dev.controlplane.grpc.reports.ReportMetrics.Refusal;
import dev.controlplane.pprof.Goroutines;
import dev.controlplane.proto.StatusReport;
import dev.controlplane.proto.StatusSummary;
import dev.controlplane.server.EventLog;
import dev.controlplane.server.Peer;
import dev.controlplane.server.http.Problem;
import dev.controlplane.transport.grpc.GrpcStreams;
import dev.controlplane.transport.status.GrpcError;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** Handles the RPC ReportStatus: validates and records the reports of consumers. */
public final class StatusReports {
  /** How many reports of one call may wait for the disk before the client has to wait. */
  private static final int MAX_WAITING = 512;

  private final CatalogReader catalog;
  private final Consumers consumers;
  private final LastSeen lastSeen;
  private final SentTimes sentTimes;
  private final Rejections rejections;
  private final ReportMetrics metrics;
  private final InstantSource clock;
  private final EventLog events;

  public StatusReports(
      CatalogReader catalog,
      Consumers consumers,
      LastSeen lastSeen,
      SentTimes sentTimes,
      Rejections rejections,
      ReportMetrics metrics,
      InstantSource clock,
      EventLog events) {
    this.catalog = catalog;
    this.consumers = consumers;
    this.lastSeen = lastSeen;
    this.sentTimes = sentTimes;
    this.rejections = rejections;
    this.metrics = metrics;
    this.clock = clock;
    this.events = events;
  }

  /** Handles one call of {@code ReportStatus}. */
  public StreamObserver<StatusReport> receive(StreamObserver<StatusSummary> responses) {
    if (responses instanceof ServerCallStreamObserver<StatusSummary> observer) {
      // Without a cancel handler, the observer throws its own exception once the client is gone.
      observer.setOnCancelHandler(() -> {});
    }
    return new Call(responses);
  }

  /**
   * One call. The call's thread validates each report and queues it. A separate thread writes
   * whatever has gathered while the previous transaction was being written. A client that sends
   * many reports therefore waits for few transactions, and a report that a connected client sends
   * now and then is written at once.
   *
   * <p>Implementation note: {@code ended} is set before {@code WAKE} is offered. If the queue has
   * no room for it, the writer is not waiting, and checks {@code ended} before it waits.
   */
  private final class Call implements StreamObserver<StatusReport> {
    private static final Report WAKE =
        new Report("", "", "", 0, State.RECEIVED, "", "", Instant.EPOCH);

    private final StreamObserver<StatusSummary> responses;
    private final String peer = GrpcStreams.client().map(Peer::text).orElse("");
    private final ReportChecks checks = new ReportChecks(catalog, consumers, lastSeen);
    private final BlockingQueue<Report> queue = new ArrayBlockingQueue<>(MAX_WAITING);
    private Thread writer;
    private boolean answered;
    private long recorded;
    private volatile boolean ended;
    private volatile CatalogException failure;

    Call(StreamObserver<StatusSummary> responses) {
      this.responses = responses;
    }

    @Override
    public void onNext(StatusReport report) {
      if (answered) {
        return;
      }
      try {
        consumers.follow(catalog.log());
        Report checked = checks.checked(report, clock.instant());
        if (writer == null) {
          writer = Goroutines.start("status-writer", this::write);
        }
        queue.put(checked);
        if (failure != null) {
          end(null);
        }
      } catch (UnknownVersionException e) {
        refuse(Refusal.UNKNOWN, Problem.grpc(e));
      } catch (IllegalArgumentException e) {
        refuse(Refusal.INVALID, CallErrors.invalid(e));
      } catch (CatalogException e) {
        end(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        end(null);
      }
    }

    /**
     * The client is gone. Runs on the connection's thread and does not wait; the reports sent so
     * far are still written.
     */
    @Override
    public void onError(Throwable gone) {
      finish();
    }

    @Override
    public void onCompleted() {
      if (!answered) {
        end(null);
      }
    }

    private void finish() {
      ended = true;
      queue.offer(WAKE);
    }

    /** Waits until all reports are written, and answers. */
    private void end(CatalogException unreadable) {
      if (!awaitWritten()) {
        return;
      }
      if (failure != null || unreadable != null) {
        failed(failure != null ? failure : unreadable);
        return;
      }
      responses.onNext(StatusSummary.newBuilder().setAccepted(recorded).build());
      responses.onCompleted();
    }

    private void refuse(Refusal reason, GrpcError error) {
      if (!awaitWritten()) {
        return;
      }
      if (failure != null) {
        failed(failure);
        return;
      }
      metrics.refused(reason);
      String which =
          recorded == 0 ? "" : "after %d reports that were recorded: ".formatted(recorded);
      responses.onError(error.prefixed(which).exception());
    }

    private void failed(CatalogException why) {
      metrics.refused(Refusal.STORAGE);
      events.warn("reports-not-recorded", "peer", peer, "reason", why.getMessage());
      responses.onError(Problem.grpc(why).exception());
    }

    /**
     * Waits for the writer. Returns false if the server stops meanwhile; the call was then
     * answered.
     */
    private boolean awaitWritten() {
      answered = true;
      finish();
      try {
        if (writer != null) {
          writer.join();
        }
        return true;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        responses.onError(CallErrors.stopping("the server is going away").exception());
        return false;
      }
    }

    private void write() {
      List<Report> gathered = new ArrayList<>();
      try {
        while (!ended || !queue.isEmpty()) {
          gathered.add(queue.take());
          queue.drainTo(gathered);
          gathered.removeIf(WAKE::equals);
          // After a failure the queue is still emptied, because the call's thread may be waiting
          // for room.
          if (failure == null) {
            record(gathered);
          }
          gathered.clear();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void record(List<Report> reports) {
      List<Report> rejecting;
      try {
        rejecting = consumers.report(reports);
      } catch (CatalogException e) {
        failure = e;
        return;
      } catch (RuntimeException e) {
        // The writer continues, because the call's thread may be waiting for it.
        events.error("reports-failed", e, "peer", peer);
        failure = new CatalogException("the server failed; its log tells why", e);
        return;
      }
      recorded += reports.size();
      for (Report report : reports) {
        metrics.recorded(report.state());
        sentTimes
            .reported(report.consumer(), report.revision())
            .ifPresent(metrics::acknowledgedAfter);
      }
      for (Report report : rejecting) {
        events.info(
            "rejected",
            "peer",
            peer,
            "consumer",
            report.consumer(),
            "worker",
            report.worker(),
            "version",
            report.version(),
            "revision",
            report.revision(),
            "code",
            report.code());
        rejections.rejected(
            report.consumer(), report.worker(), report.version(), report.revision());
      }
    }
  }
}
