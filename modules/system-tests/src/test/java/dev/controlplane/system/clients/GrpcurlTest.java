package dev.controlplane.system.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.ForeignClient;
import dev.controlplane.system.harness.Tools;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** grpcurl needs no proto file: it asks the server what it serves. */
class GrpcurlTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static Cluster cluster;

  @BeforeAll
  static void start() {
    cluster = Cluster.start();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  private static List<String> command(String... arguments) {
    List<String> command = new ArrayList<>(List.of(Tools.built("grpcurl"), "-plaintext"));
    for (String argument : arguments) {
      command.add(argument.equals("SERVER") ? "127.0.0.1:" + cluster.grpcPort() : argument);
    }
    return command;
  }

  private static Tools.Result grpcurl(String... arguments) {
    return Tools.run(command(arguments).toArray(String[]::new));
  }

  @Test
  void theServicesAreListedAndDescribed() {
    List<String> services = grpcurl("SERVER", "list").mustSucceed().output().lines().toList();
    assertTrue(
        services.containsAll(List.of("controlplane.ControlPlane", "grpc.health.v1.Health")),
        services::toString);
    String described =
        grpcurl("SERVER", "describe", "controlplane.WorkerUpdate").mustSucceed().output();
    for (String field :
        List.of(
            "string worker_name = 1;",
            "string version = 2;",
            "string checksum = 3;",
            "bytes worker_code = 4;",
            "int64 size = 5;",
            "string file_path = 6;",
            "int64 timestamp = 7;",
            "int64 revision = 8;",
            "UpdateKind kind = 9;")) {
      assertTrue(described.contains(field), described);
    }
  }

  @Test
  void callsAreAnswered() throws IOException {
    String health = grpcurl("SERVER", "grpc.health.v1.Health/Check").mustSucceed().output();
    assertEquals("SERVING", JSON.readTree(health).path("status").asText());
    String registered =
        grpcurl(
                "-d",
                "{\"consumer_id\":\"curl\",\"endpoint\":\"here\"}",
                "SERVER",
                "controlplane.ControlPlane/RegisterConsumer")
            .mustSucceed()
            .output();
    assertTrue(JSON.readTree(registered).path("success").asBoolean(), registered);
    Tools.Result refused = grpcurl("SERVER", "controlplane.ControlPlane/RegisterConsumer");
    assertTrue(refused.exitCode() != 0 && refused.output().contains("InvalidArgument"));
    assertTrue(refused.output().contains("\"reason\": \"INVALID_NAME\""), refused::output);
    assertTrue(refused.output().contains("\"field\": \"consumer_id\""), refused::output);
  }

  @Test
  void aSubscriptionPrintsEachUpdate() throws Exception {
    Path output = cluster.root().resolve("updates.json");
    Process subscriber =
        new ProcessBuilder(
                command(
                    "-d",
                    "{\"consumer_id\":\"curl-stream\",\"worker_names\":[\"curl\"]}",
                    "SERVER",
                    "controlplane.ControlPlane/SubscribeWorkerUpdates"))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      Await.until(
          ForeignClient.LIMIT,
          () -> "a stream of curl-stream is open; grpcurl printed: " + text(output),
          () ->
              Cluster.json(Cluster.get(cluster.grpcHttpUrl() + "/consumers"))
                  .path("consumers")
                  .valueStream()
                  .anyMatch(
                      consumer ->
                          consumer.path("consumer_id").asText().equals("curl-stream")
                              && consumer.path("connected").asBoolean()));
      byte[] code = "export default {}".getBytes(StandardCharsets.UTF_8);
      long first = cluster.published("curl", "1", code);
      requirePrinted(1, output);
      long second = cluster.deleted("curl", "1");
      requirePrinted(2, output);
      JsonNode published = updates(output).get(0);
      assertEquals(first, published.path("revision").asLong());
      assertEquals("PUBLISHED", published.path("kind").asText());
      assertEquals(Base64.getEncoder().encodeToString(code), published.path("workerCode").asText());
      assertEquals(second, updates(output).get(1).path("revision").asLong());
      assertEquals("DELETED", updates(output).get(1).path("kind").asText());
    } finally {
      assertTrue(subscriber.destroyForcibly().waitFor(10, TimeUnit.SECONDS));
    }
  }

  private static void requirePrinted(int count, Path output) {
    Await.until(
        ForeignClient.LIMIT,
        () -> count + " updates were printed: " + text(output),
        () -> updates(output).size() == count);
  }

  private static List<JsonNode> updates(Path output) throws IOException {
    try (var values = JSON.readerFor(JsonNode.class).<JsonNode>readValues(output.toFile())) {
      return values.readAll();
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
