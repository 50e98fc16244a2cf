package dev.controlplane.client.cli;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.Server;
import dev.controlplane.client.UnexpectedAnswerException;
import dev.controlplane.client.answers.ServerVersion;
import dev.controlplane.client.cli.arguments.Address;
import java.io.IOException;

/**
 * Explains why a server lacks a route or a field: it is of another release, or it is another
 * server. Used only after such a failure.
 */
final class OtherRelease {
  /** How a server's answer to an unknown route begins. */
  private static final String NO_ROUTE = "nothing is at ";

  private OtherRelease() {}

  /**
   * Returns an addition to the message of a failure; empty if the server's release does not explain
   * it.
   */
  static String told(Cpctl cpctl, Exception failure) throws InterruptedException {
    return switch (failure) {
      case UnexpectedAnswerException e -> told(cpctl, e.server());
      case RefusedException e
          when e.reason() == RefusedException.Reason.NOT_FOUND
              && e.getMessage().startsWith(NO_ROUTE) ->
          told(cpctl, e.server());
      case RefusedException e when e.code().equals("method_not_allowed") -> told(cpctl, e.server());
      default -> "";
    };
  }

  private static String told(Cpctl cpctl, Server server) throws InterruptedException {
    ServerVersion version;
    try (ControlPlaneClient client = cpctl.client()) {
      version = client.version(server == Server.GRPC ? Server.GRPC_HTTP : server);
    } catch (RefusedException e) {
      return e.reason() == RefusedException.Reason.NOT_FOUND && e.isOfTheServer()
          ? "; " + noRelease(server)
          : "";
    } catch (IOException e) {
      return "";
    }
    if (version.isOfAnother(server)) {
      return "; " + otherServer(server, version);
    }
    int order = version.comparedTo(cpctl.release());
    if (order == 0) {
      return "";
    }
    return "; %s is release %s, %s than cpctl %s: update %s"
        .formatted(
            server,
            version.version(),
            order < 0 ? "older" : "newer",
            cpctl.release(),
            order < 0 ? "the server" : "cpctl");
  }

  /** Describes an address at which another server of the control plane answers. */
  static String otherServer(Server asked, ServerVersion found) {
    return "%s answers at the address of %s: correct %s"
        .formatted(found.name(), asked, Address.of(asked));
  }

  /** Returns the addition for a server that does not know the request. */
  static String noRelease(Server server) {
    return server + " does not tell its release: it is older than cpctl, or a proxy has no route";
  }
}
