package dev.controlplane.client.cli.agent;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.controlplane.client.agent.Agent;
import dev.controlplane.client.agent.state.AgentStatus;
import dev.controlplane.client.agent.state.Withheld;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.ExitCode;
import dev.controlplane.client.cli.Json;
import dev.controlplane.client.cli.terminal.OutputException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Shows the status of the agent of a directory, and confirms the deletions that it withholds. */
final class AgentStatusReport {
  private final Cpctl cpctl;

  AgentStatusReport(Cpctl cpctl) {
    this.cpctl = cpctl;
  }

  /**
   * Shows the status and returns the exit code.
   *
   * @param maxStaleness null for no limit
   */
  int show(Path directory, Duration maxStaleness) throws IOException {
    AgentStatus status = Agent.status(directory);
    if (cpctl.json()) {
      cpctl.print(json(status));
    } else {
      print(status);
    }
    return maxStaleness == null || isFresh(status, maxStaleness) ? ExitCode.OK : ExitCode.FAILED;
  }

  private static boolean isFresh(AgentStatus status, Duration limit) {
    Duration staleness = status.staleness(Instant.now());
    return status.running() && staleness != null && staleness.compareTo(limit) <= 0;
  }

  private static Long staleness(AgentStatus status) {
    Duration staleness = status.staleness(Instant.now());
    return staleness == null ? null : staleness.toSeconds();
  }

  private void print(AgentStatus status) throws OutputException {
    cpctl.print(
        new Fields("agent")
            .with("running", status.running() ? "yes" : "no")
            .with("connected", status.connected() ? "yes" : "no")
            .with("id", status.consumerId())
            .with("revision", String.valueOf(status.revision()))
            .with("position", status.position())
            .with("log", status.log())
            .with("heard", cpctl.time(status.heard()))
            .with("staleness", staleness(status) == null ? "" : staleness(status) + "s")
            .with("problem", status.problem())
            .toString());
    for (AgentStatus.Active active : status.active()) {
      cpctl.print(
          new Fields("active")
              .with("worker", active.worker())
              .with("version", active.version())
              .toString());
    }
    for (Withheld one : status.withheld()) {
      print(one);
    }
    for (AgentStatus.Rejected rejected : status.rejected()) {
      cpctl.print(
          new Fields("rejected")
              .with("worker", rejected.worker())
              .with("version", rejected.version())
              .with("code", rejected.code())
              .with("message", rejected.message())
              .toString());
    }
  }

  private void print(Withheld one) throws OutputException {
    cpctl.print(
        new Fields("withheld")
            .with("worker", one.worker())
            .with("version", one.version())
            .with("reason", one.reason().code())
            .with("since", one.since())
            .with("confirmed", one.confirmed() ? "yes" : "")
            .toString());
  }

  private static ObjectNode json(AgentStatus status) {
    ObjectNode object =
        Json.object()
            .put("running", status.running())
            .put("connected", status.connected())
            .put("consumer_id", Json.orNull(status.consumerId()))
            .put("revision", status.revision())
            .put("position", Json.orNull(status.position()))
            .put("log", Json.orNull(status.log()))
            .put("heard", Json.orNull(status.heard()))
            .put("staleness_seconds", staleness(status))
            .put("problem", Json.orNull(status.problem()));
    ArrayNode active = object.putArray("active");
    for (AgentStatus.Active one : status.active()) {
      active.add(
          Json.object()
              .put("worker_name", one.worker())
              .put("version", one.version())
              .put("checksum", one.checksum()));
    }
    ArrayNode withheld = object.putArray("withheld");
    status.withheld().forEach(one -> withheld.add(json(one)));
    ArrayNode rejected = object.putArray("rejected");
    for (AgentStatus.Rejected one : status.rejected()) {
      rejected.add(
          Json.object()
              .put("worker_name", one.worker())
              .put("version", one.version())
              .put("code", one.code())
              .put("message", one.message()));
    }
    return object;
  }

  private static ObjectNode json(Withheld one) {
    return Json.object()
        .put("worker_name", one.worker())
        .put("version", one.version())
        .put("reason", one.reason().code())
        .put("since", one.since())
        .put("confirmed", one.confirmed());
  }

  /** Confirms the deletions that are withheld now. */
  int confirm(Path directory) throws IOException {
    List<Withheld> confirmed = Agent.confirmDeletions(directory);
    if (cpctl.json()) {
      ObjectNode object = Json.object();
      ArrayNode list = object.putArray("confirmed");
      confirmed.forEach(one -> list.add(json(one)));
      cpctl.print(object);
    } else if (confirmed.isEmpty()) {
      cpctl.print("no deletion is withheld in " + directory);
    } else {
      for (Withheld one : confirmed) {
        cpctl.print(
            new Fields("confirmed")
                .with("worker", one.worker())
                .with("version", one.version())
                .toString());
      }
    }
    return ExitCode.OK;
  }
}
