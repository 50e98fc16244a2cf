package dev.controlplane.client.agent;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.Endpoints;
import dev.controlplane.client.FakeControlPlane;
import dev.controlplane.client.Fixtures;
import dev.controlplane.client.GrpcAddress;
import dev.controlplane.client.agent.admission.Admission;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;

/** An agent as a process that can be killed. */
final class AgentProcess {
  private AgentProcess() {}

  /**
   * Starts one.
   *
   * @param err where it writes why it ended
   */
  static Process start(Path root, FakeControlPlane plane, Path err) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            AgentProcess.class.getName(),
            root.toString(),
            plane.endpoints().consumer().toString(),
            plane.endpoints().grpc().toString())
        .redirectError(ProcessBuilder.Redirect.appendTo(err.toFile()))
        .start();
  }

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
