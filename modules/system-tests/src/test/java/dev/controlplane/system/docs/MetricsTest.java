package dev.controlplane.system.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.AgentUnderTest;
import dev.controlplane.system.harness.Await;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Cpctl;
import dev.controlplane.system.harness.Tools;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What {@code /observe/metrics} of the three servers serves after some load. */
class MetricsTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String ROWS =
      "| metric | server | labels | unit | what it counts | look at it when |";
  private static final Pattern SAMPLE = Pattern.compile("(\\w+?)(?:\\{(.*)\\})? (\\S+)(?: \\d+)?");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");

  private static Cluster cluster;
  private static Cpctl cpctl;
  private static AgentUnderTest agent;

  @BeforeAll
  static void load() {
    cluster = Cluster.builder().with("METRICS_WORKERS", "2").start();
    cpctl = new Cpctl(cluster);
    cluster.published("w", "1", bytes("one"));
    cluster.published("x", "1", bytes("one"));
    cluster.published("y", "1", bytes("one"));
    agent = new AgentUnderTest(cpctl, "edge", "--exec", "! grep -q bad \"$CPCTL_FILE\"").start();
    agent.awaitActive(Map.of("w", "one", "x", "one", "y", "one"));
    cluster.published("w", "2", bytes("bad"));
    agent.run().awaitOut("rejected worker=w version=2");
    assertEquals(200, Cluster.get(cluster.consumerUrl() + "/file/w").statusCode());
    assertEquals(404, Cluster.get(cluster.consumerUrl() + "/file/none").statusCode());
    assertEquals(
        404, Cluster.get(cluster.consumerUrl() + "/nowhere/" + "x".repeat(50)).statusCode());
    cluster.servers().forEach(server -> assertTrue(scrape(url(server.name())).startsWith("#")));
  }

  @AfterAll
  static void stop() {
    agent.close();
    cluster.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String url(String server) {
    return switch (server) {
      case "upload-server" -> cluster.uploadUrl();
      case "consumer-server" -> cluster.consumerUrl();
      default -> cluster.grpcHttpUrl();
    };
  }

  private static String scrape(String url) {
    return Cluster.get(url + "/observe/metrics").body();
  }

  /** One line of the output. */
  private record Sample(String name, Map<String, String> labels, double value) {
    /** The metric that it is a line of. */
    String metric(Map<String, String> types) {
      for (String suffix : List.of("_bucket", "_count", "_sum")) {
        if (name.endsWith(suffix)) {
          String base = name.substring(0, name.length() - suffix.length());
          if (Set.of("histogram", "summary").contains(types.getOrDefault(base, ""))) {
            return base;
          }
        }
      }
      return name;
    }
  }

  private static List<Sample> samples(String text) {
    return text.lines()
        .filter(line -> !line.startsWith("#") && !line.isBlank())
        .map(
            line -> {
              Matcher sample = SAMPLE.matcher(line);
              assertTrue(sample.matches(), line);
              Map<String, String> labels = new TreeMap<>();
              if (sample.group(2) != null) {
                LABEL
                    .matcher(sample.group(2))
                    .results()
                    .forEach(label -> labels.put(label.group(1), label.group(2)));
              }
              String value = sample.group(3).replace("+Inf", "Infinity");
              return new Sample(sample.group(1), labels, Double.parseDouble(value));
            })
        .toList();
  }

  private static Map<String, String> types(String text) {
    Map<String, String> types = new HashMap<>();
    Pattern.compile("(?m)^# TYPE (\\w+) (\\w+)$")
        .matcher(text)
        .results()
        .forEach(type -> types.put(type.group(1), type.group(2)));
    return types;
  }

  /** Each metric with its labels, but not the longest time that goes with each histogram. */
  private static Set<String> served(String server) {
    String text = scrape(url(server));
    Map<String, String> types = types(text);
    Map<String, Set<String>> labels = new TreeMap<>();
    types.keySet().forEach(name -> labels.put(name, new TreeSet<>()));
    for (Sample sample : samples(text)) {
      Set<String> known = labels.get(sample.metric(types));
      assertTrue(known != null, () -> sample + " has no type");
      known.addAll(sample.labels().keySet());
      known.removeAll(Set.of("le", "scope"));
    }
    Set<String> served = new TreeSet<>();
    labels.forEach(
        (name, names) -> {
          String histogram = name.replaceFirst("_max$", "");
          if (!types.getOrDefault(histogram, "").equals("histogram") || name.equals(histogram)) {
            served.add(name + " " + String.join(", ", names));
          }
        });
    return served;
  }

  private static Set<String> documented(String server) {
    Set<String> documented = new TreeSet<>();
    for (List<String> row : Page.read("docs/metrics.md").rows(ROWS)) {
      assertEquals(6, row.size(), row::toString);
      if (row.get(1).equals("all") || List.of(row.get(1).split(", *")).contains(server)) {
        Set<String> labels = new TreeSet<>(List.of(row.get(2).split(", *")));
        labels.remove("");
        String name = row.get(0).replace("`", "");
        assertTrue(documented.add(name + " " + String.join(", ", labels)), name + " has two rows");
      }
    }
    return documented;
  }

  private static void awaitServed(String server, String metric, Map<String, String> labels) {
    Await.until(
        LIMIT,
        () -> metric + labels + " in " + scrape(url(server)),
        () -> value(server, metric, labels) > 0);
  }

  /** The value of a sample with these labels, or more; 0 if there is none. */
  private static double value(String server, String metric, Map<String, String> labels) {
    return samples(scrape(url(server))).stream()
        .filter(sample -> sample.name().equals(metric))
        .filter(sample -> sample.labels().entrySet().containsAll(labels.entrySet()))
        .mapToDouble(Sample::value)
        .sum();
  }

  @Test
  void everyMetricThatAServerServesIsOnItsPageAndNoOther() {
    awaitServed("grpc-server", "controlplane_worker_consumers", Map.of("worker", "w"));
    for (String server : List.of("upload-server", "consumer-server", "grpc-server")) {
      assertEquals(
          String.join("\n", documented(server)), String.join("\n", served(server)), server);
    }
  }

  @Test
  void prometheusHasNoComplaint() throws IOException {
    for (String server : List.of("upload-server", "consumer-server", "grpc-server")) {
      Path metrics = Files.createTempFile(cluster.root(), server, ".txt");
      Files.writeString(metrics, scrape(url(server)));
      Tools.Result lint =
          Tools.run(
              LIMIT,
              new ProcessBuilder(
                  "sh", "-c", "exec \"$0\" < \"$1\"", Tools.built("promlint"), "" + metrics));
      assertEquals("", lint.mustSucceed().output(), server);
    }
  }

  @Test
  void requestsAreCountedByRouteMethodAndCode() {
    String count = "controlplane_http_request_duration_seconds_count";
    Map<String, String> found =
        Map.of(
            "server",
            "consumer-server",
            "route",
            "/file/{filename}",
            "method",
            "GET",
            "code",
            "200");
    Map<String, String> missing =
        Map.of(
            "server",
            "consumer-server",
            "route",
            "/file/{filename}",
            "method",
            "GET",
            "code",
            "404");
    double before = value("consumer-server", count, found);
    assertTrue(before >= 1);
    assertTrue(value("consumer-server", count, missing) >= 1);
    for (int i = 0; i < 3; i++) {
      Cluster.get(cluster.consumerUrl() + "/file/w");
    }
    Await.until(
        LIMIT, () -> "three more", () -> value("consumer-server", count, found) == before + 3);
    Map<String, String> other = Map.of("route", "other", "code", "404");
    double unknown = value("consumer-server", count, other);
    for (String path : List.of("/a", "/b/c", "/file/w/version/1/more/still")) {
      assertEquals(404, Cluster.get(cluster.consumerUrl() + path).statusCode());
    }
    Cluster.send(
        HttpRequest.newBuilder(URI.create(cluster.consumerUrl() + "/d"))
            .method("BREW", HttpRequest.BodyPublishers.noBody()));
    Await.until(
        LIMIT,
        () -> "four more that have no route",
        () -> value("consumer-server", count, other) == unknown + 4);
    assertEquals(1, value("consumer-server", count, Map.of("method", "other")));
    assertTrue(value("upload-server", count, Map.of("route", "/observe/metrics")) >= 1);
  }

  @Test
  void theWorkersThatAreRejectedComeFirstWithTheirConsumersByState() {
    Map<String, String> rejected = Map.of("worker", "w", "state", "rejected");
    awaitServed("grpc-server", "controlplane_worker_consumers", rejected);
    List<Sample> all =
        samples(scrape(url("grpc-server"))).stream()
            .filter(sample -> sample.name().equals("controlplane_worker_consumers"))
            .toList();
    assertEquals(2 * 5, all.size(), "two workers, five states each: " + all);
    assertEquals(
        1, value("grpc-server", "controlplane_worker_consumers", Map.of("state", "active")));
    assertEquals(1, value("grpc-server", "controlplane_worker_consumers", rejected));
  }

  @Test
  void theProcessTheDiskAndItsTimesAreShown() {
    for (String server : List.of("upload-server", "consumer-server", "grpc-server")) {
      assertTrue(value(server, "process_cpu_seconds_total", Map.of()) > 0, server);
      assertTrue(value(server, "process_resident_memory_bytes", Map.of()) > 1 << 20, server);
      assertTrue(value(server, "jvm_memory_used_bytes", Map.of("area", "heap")) > 0, server);
      double open = value(server, "process_open_fds", Map.of());
      assertTrue(open > 0 && open < value(server, "process_max_fds", Map.of()), server);
      double free = value(server, "controlplane_disk_free_bytes", Map.of());
      assertTrue(
          free > 0 && free < value(server, "controlplane_disk_size_bytes", Map.of()), server);
      assertEquals(1, value(server, "controlplane_build_info", Map.of("server", server)));
    }
    assertTrue(
        value(
                "upload-server",
                "controlplane_commit_duration_seconds_count",
                Map.of("database", "catalog.db"))
            >= 4);
    assertTrue(
        value(
                "grpc-server",
                "controlplane_commit_duration_seconds_count",
                Map.of("database", "consumers.db"))
            >= 1);
    assertTrue(value("upload-server", "controlplane_fsync_duration_seconds_count", Map.of()) >= 1);
  }
}
