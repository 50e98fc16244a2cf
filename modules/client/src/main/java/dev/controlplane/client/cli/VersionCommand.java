package dev.controlplane.client.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.ControlPlaneException;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.Server;
import dev.controlplane.client.UnreachableException;
import dev.controlplane.client.answers.ServerVersion;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "version",
    description = {
      "Shows the release of cpctl and of each server, and whether they fit.",
      "",
      "Releases fit if their first numbers are the same, and before 1.0 their second ones as well."
          + " The exit code is 0 if all servers answer and fit, 3 if one can't be reached, else 1."
    },
    footer = {"", "Examples:", "  cpctl version", "  cpctl version --json"})
final class VersionCommand implements Callable<Integer> {
  @ParentCommand private Cpctl cpctl;

  /** The release of one server, or the reason why it is unknown. */
  private record Found(Server server, String version, boolean fits, String problem, int code) {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    String own = cpctl.release();
    int code = ExitCode.OK;
    ArrayNode servers = Json.object().putArray("servers");
    if (!cpctl.json()) {
      cpctl.print("cpctl " + own);
    }
    try (ControlPlaneClient client = cpctl.client()) {
      for (Server server : List.of(Server.UPLOAD, Server.CONSUMER, Server.GRPC_HTTP)) {
        Found found = ask(client, server, own);
        code = Math.max(code, found.code());
        if (cpctl.json()) {
          servers.add(json(found));
        } else {
          cpctl.print(line(found));
        }
      }
    }
    if (cpctl.json()) {
      ObjectNode answer = Json.object().put("client", own);
      answer.set("servers", servers);
      cpctl.print(answer);
    }
    return code;
  }

  private static Found ask(ControlPlaneClient client, Server server, String own)
      throws IOException, InterruptedException {
    try {
      ServerVersion version = client.version(server);
      if (version.isOfAnother(server)) {
        String problem = OtherRelease.otherServer(server, version);
        return new Found(server, "", false, problem, ExitCode.FAILED);
      }
      boolean fits = version.fits(own);
      return new Found(server, version.version(), fits, "", fits ? ExitCode.OK : ExitCode.FAILED);
    } catch (UnreachableException e) {
      return new Found(server, "", false, e.getMessage(), ExitCode.UNREACHABLE);
    } catch (RefusedException e) {
      String problem =
          e.reason() == RefusedException.Reason.NOT_FOUND
              ? OtherRelease.noRelease(server)
              : e.getMessage();
      return new Found(server, "", false, problem, ExitCode.FAILED);
    } catch (ControlPlaneException e) {
      return new Found(server, "", false, e.getMessage(), ExitCode.FAILED);
    }
  }

  private static String line(Found found) {
    if (!found.problem().isEmpty()) {
      return found.problem();
    }
    return "%s %s, %s"
        .formatted(found.server(), found.version(), found.fits() ? "fits" : "does not fit");
  }

  private static ObjectNode json(Found found) {
    return Json.object()
        .put("server", found.server().toString())
        .put("version", Json.orNull(found.version()))
        .put("fits", found.fits())
        .put("problem", Json.orNull(found.problem()));
  }
}
