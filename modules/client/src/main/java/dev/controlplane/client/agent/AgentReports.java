package dev.controlplane.client.agent;

import dev.controlplane.client.agent.state.WorkerState;
import dev.controlplane.client.stream.Reporter;
import dev.controlplane.proto.ReportedState;
import dev.controlplane.proto.StatusReport;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.function.Supplier;

/** What an agent tells the server of what became of versions. */
final class AgentReports {
  private static final int MAX_CODE = 255;
  private static final int MAX_MESSAGE = 4096;

  private final Reporter reporter;
  private final String consumerId;
  private final Supplier<String> remark;

  /**
   * Reports of a consumer.
   *
   * @param remark what each report of a version that is here says besides
   */
  AgentReports(Reporter reporter, String consumerId, Supplier<String> remark) {
    this.remark = remark;
    this.reporter = reporter;
    this.consumerId = consumerId;
  }

  /**
   * A version that is here.
   *
   * @param revision of the update that brought it; 0 if that is of another log
   */
  void report(String worker, WorkerState.Held held, long revision, ReportedState state) {
    report(worker, held.version(), held.checksum(), revision, state, "", remark.get());
  }

  /** What the last process may have failed to report, or what is to be told once more. */
  void again(Collection<WorkerState> states, long generation) {
    for (WorkerState state : states) {
      WorkerState.Held active = state.active();
      if (active != null) {
        report(
            state.worker(),
            active,
            active.generation() == generation ? active.revision() : 0,
            ReportedState.ACTIVE);
      }
      WorkerState.Rejection refused = state.rejection();
      if (refused != null && refused.generation() == generation) {
        rejected(state.worker(), refused);
      }
    }
  }

  /** A version that won't be used. */
  void rejected(String worker, WorkerState.Rejection rejection) {
    rejected(
        worker,
        rejection.version(),
        rejection.checksum(),
        rejection.revision(),
        rejection.code(),
        rejection.message());
  }

  /** A version that won't be used, or can't be for now. */
  void rejected(
      String worker, String version, String checksum, long revision, String code, String message) {
    report(worker, version, checksum, revision, ReportedState.REJECTED, code, message);
  }

  private void report(
      String worker,
      String version,
      String checksum,
      long revision,
      ReportedState state,
      String code,
      String message) {
    reporter.report(
        StatusReport.newBuilder()
            .setConsumerId(consumerId)
            .setWorkerName(worker)
            .setVersion(version)
            .setChecksum(checksum)
            .setRevision(revision)
            .setState(state)
            .setCode(code(code))
            .setMessage(message(message))
            .build());
  }

  /** As much of a code as a report may carry. */
  static String code(String code) {
    return cut(code, MAX_CODE);
  }

  /** As much of a message as a report may carry. */
  static String message(String message) {
    return cut(message, MAX_MESSAGE);
  }

  /** As much of it as so many bytes of UTF-8 hold. */
  private static String cut(String text, int most) {
    String cut = text;
    while (cut.getBytes(StandardCharsets.UTF_8).length > most) {
      int over = cut.getBytes(StandardCharsets.UTF_8).length - most;
      cut = cut.substring(0, Math.max(0, cut.length() - Math.max(1, over / 3)));
    }
    return cut;
  }
}
