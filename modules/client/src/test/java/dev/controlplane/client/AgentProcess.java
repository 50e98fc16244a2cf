package dev.controlplane.client;

import java.net.URI;
import java.nio.file.Path;

/** An agent as a process that can be killed. */
final class AgentProcess {
  private AgentProcess() {}

  public static void main(String[] arguments) throws Exception {
    URI url = Endpoints.httpUrl(arguments[1]);
    Endpoints endpoints = new Endpoints(url, url, GrpcAddress.parse(arguments[2]), url);
    try (ControlPlaneClient client = new ControlPlaneClient(endpoints, Fixtures.QUICK)) {
      client
          .agent(
              new AgentSettings("killed", Path.of(arguments[0])),
              Admission.ALL,
              event -> System.out.println(event.kind()))
          .run();
    }
  }
}
