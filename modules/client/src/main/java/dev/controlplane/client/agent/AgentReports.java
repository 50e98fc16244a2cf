package dev.controlplane.client.agent;

import dev.controlplane.client.agent.state.WorkerState;
import dev.controlplane.client.stream.Reporter;
import dev.controlplane.proto.ReportedState;
import dev.controlplane.proto.StatusReport;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.function.Supplier;

/** Creates an agent's reports about versions and passes them to the {@link Reporter}. */
final class AgentReports {
  private static final int MAX_CODE = 255;
  private static final int MAX_MESSAGE = 4096;

  private final Reporter reporter;
  private final String consumerId;
  private final Supplier<String> remark;

  /**
   * Creates the reports of a consumer.
   *
   * @param remark an additional message in each report about a version that is on disk
   */
  AgentReports(Reporter reporter, String consumerId, Supplier<String> remark) {
    this.remark = remark;
    this.reporter = reporter;
    this.consumerId = consumerId;
  }

  /**
   * Reports a version that is on disk.
   *
   * @param revision of the update that brought it; 0 if that is of another log
   */
  void report(String worker, WorkerState.Held held, long revision, ReportedState state) {
    report(worker, held.version(), held.checksum(), revision, state, "", remark.get());
  }

  /**
   * Repeats the reports about the current states, which the last process may have failed to send.
   */
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

  /** Reports a rejected version. */
  void rejected(String worker, WorkerState.Rejection rejection) {
    rejected(
        worker,
        rejection.version(),
        rejection.checksum(),
        rejection.revision(),
        rejection.code(),
        rejection.message());
  }

  /** Reports a version that is rejected, or that can't be used for now. */
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

  /** Truncates a code to the length that a report allows. */
  static String code(String code) {
    return cut(code, MAX_CODE);
  }

  /** Truncates a message to the length that a report allows. */
  static String message(String message) {
    return cut(message, MAX_MESSAGE);
  }

  /** Truncates a text to this many bytes of UTF-8. */
  private static String cut(String text, int most) {
    String cut = text;
    while (cut.getBytes(StandardCharsets.UTF_8).length > most) {
      int over = cut.getBytes(StandardCharsets.UTF_8).length - most;
      cut = cut.substring(0, Math.max(0, cut.length() - Math.max(1, over / 3)));
    }
    return cut;
  }
}
