package dev.controlplane.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** README's tables are true. */
class ReadmeTest {
  private static final List<String> SERVERS =
      List.of("upload-server", "consumer-server", "grpc-server");
  private static final Pattern SETTING =
      Pattern.compile("([a-z][a-z0-9-]*):(?: +(.*?))? *(?:#.*)?");
  private static final Pattern REQUEST = Pattern.compile("`([A-Z]+) (/[^` ]*)`(.*)");
  private static final String SUBSCRIBER = "readme-subscriber";
  private static Cluster cluster;

  @BeforeAll
  static void start() {
    cluster = Cluster.start();
    // Known from now on, though it leaves at once.
    Follower.subscribe(cluster, SUBSCRIBER, update -> {}).close();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  /** The rows of the one table of README that has this header. */
  private static List<List<String>> table(String header) {
    List<String> lines = lines(Tools.repository().resolve("README.md"));
    int start = lines.indexOf(header);
    assertTrue(start >= 0, "README has no table " + header);
    List<List<String>> rows = new ArrayList<>();
    for (String line : lines.subList(start + 2, lines.size())) {
      if (!line.startsWith("|")) {
        break;
      }
      rows.add(Stream.of(line.substring(1).split("(?<!\\\\)\\|")).map(String::strip).toList());
    }
    assertFalse(rows.isEmpty());
    return rows;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String plain(String cell) {
    return cell.replace("`", "");
  }

  private static List<String> servers(String cell) {
    return plain(cell).equals("all") ? SERVERS : List.of(plain(cell).split(", *"));
  }

  @Test
  void everySettingIsInTheConfigurationTableWithItsDefault() {
    Map<String, String> documented = new TreeMap<>();
    for (List<String> row : table("| variable | default | server | meaning |")) {
      for (String server : servers(row.get(2))) {
        documented.put(server + ' ' + plain(row.get(0)), plain(row.get(1)));
      }
    }
    documented.keySet().removeIf(setting -> SERVERS.stream().noneMatch(setting::startsWith));
    Map<String, String> real = new TreeMap<>();
    for (String server : SERVERS) {
      settings(server).forEach((variable, value) -> real.put(server + ' ' + variable, value));
    }
    assertEquals(String.join("\n", text(real)), String.join("\n", text(documented)));
  }

  private static List<String> text(Map<String, String> settings) {
    return settings.entrySet().stream().map(e -> e.getKey() + " = " + e.getValue()).toList();
  }

  private static Map<String, String> settings(String server) {
    Path file =
        Path.of("..", server, "src", "main", "resources", "application.yaml").toAbsolutePath();
    Map<String, String> settings = new TreeMap<>();
    for (String line : lines(file)) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      Matcher setting = SETTING.matcher(line);
      assertTrue(setting.matches(), () -> file + " has a line that is no setting: " + line);
      String value = setting.group(2) == null ? "" : setting.group(2).replace("\"", "");
      settings.put(setting.group(1).toUpperCase(Locale.ROOT).replace('-', '_'), value);
    }
    return settings;
  }

  record Request(String server, String method, String path, int status) {
    @Override
    public String toString() {
      return server + " " + method + " " + path;
    }
  }

  static Stream<Request> requests() {
    return table("| server | request | answer |").stream()
        .flatMap(
            row -> {
              Matcher request = REQUEST.matcher(row.get(1));
              assertTrue(request.matches(), () -> "no request: " + row);
              return servers(row.get(0)).stream()
                  .map(
                      server ->
                          new Request(
                              server, request.group(1), request.group(2), status(row.get(2))));
            });
  }

  /** What the table says first of an answer, if that is a status. */
  private static int status(String answer) {
    return answer.matches("[0-9]{3}\\b.*") ? Integer.parseInt(answer.substring(0, 3)) : 200;
  }

  @ParameterizedTest
  @MethodSource("requests")
  void everyRequestOfTheApiTableIsAnswered(Request request) {
    String worker = "readme-" + Integer.toHexString(request.hashCode());
    if (!request.path().endsWith("/upload")) {
      cluster.published(worker, "1.0.0", new byte[] {1});
    }
    String path =
        request
            .path()
            .replace("{name}", worker)
            .replace("{filename}", worker)
            .replace("{id}", SUBSCRIBER)
            .replace("{version}", "1.0.0");
    assertFalse(path.contains("{"), path);
    HttpRequest.Builder call =
        HttpRequest.newBuilder(URI.create(url(request.server()) + path))
            .method(request.method(), body(request, worker));
    if (request.path().endsWith("/upload")) {
      call.header("Content-Type", "multipart/form-data; boundary=edge");
    }
    HttpResponse<String> response = Cluster.send(call);
    assertEquals(request.status(), response.statusCode(), response::body);
  }

  private static BodyPublisher body(Request request, String worker) {
    String part = "--edge\r\nContent-Disposition: form-data; name=";
    return switch (request.path()) {
      case "/upload" ->
          BodyPublishers.ofString(
              part
                  + "\"filename\"\r\n\r\n"
                  + worker
                  + "\r\n"
                  + part
                  + "\"version\"\r\n\r\n1.0.0\r\n"
                  + part
                  + "\"file\"; filename=\"f\"\r\n\r\n\u0001\r\n--edge--\r\n");
      case "/workers/{name}/latest" -> BodyPublishers.ofString("{\"version\":\"1.0.0\"}");
      case "/internal/broadcast", "/maintenance/compact" ->
          BodyPublishers.ofString("{\"revision\":1}");
      default ->
          request.method().equals("PUT")
              ? BodyPublishers.ofByteArray(new byte[] {1})
              : BodyPublishers.noBody();
    };
  }

  private static String url(String server) {
    return switch (server) {
      case "upload-server" -> cluster.uploadUrl();
      case "consumer-server" -> cluster.consumerUrl();
      case "grpc-server" -> cluster.grpcHttpUrl();
      default -> throw new AssertionError("README names no such server: " + server);
    };
  }

  @Test
  void theGrpcTableNamesEveryCall() {
    TreeSet<String> documented = new TreeSet<>();
    table("| call | what it does |").forEach(row -> documented.add(plain(row.getFirst())));
    TreeSet<String> real = new TreeSet<>();
    Matcher rpc =
        Pattern.compile("^ *rpc (\\w+)", Pattern.MULTILINE)
            .matcher(
                String.join("\n", lines(Tools.repository().resolve("proto/control_plane.proto"))));
    while (rpc.find()) {
      real.add(rpc.group(1));
    }
    assertEquals(real, documented);
  }

  @Test
  void everyFileThatReadmeLinksToIsThere() {
    String readme = String.join("\n", lines(Tools.repository().resolve("README.md")));
    Matcher link = Pattern.compile("\\]\\((?!https?:|#)([^)#]+)").matcher(readme);
    while (link.find()) {
      Path target = Tools.repository().resolve(link.group(1));
      assertTrue(Files.exists(target), () -> "README links to " + link.group(1));
    }
  }
}
