package dev.controlplane.system.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Tools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The reference pages name everything that there is, and nothing else: settings, routes, errors,
 * calls and fields, commands and options, events of the log, metrics. {@link ExamplesTest} runs
 * their examples.
 */
class DocumentationTest {
  private static final List<String> SERVERS =
      List.of("upload-server", "consumer-server", "grpc-server");
  private static final Pattern SETTING =
      Pattern.compile("([a-z][a-z0-9-]*):(?: +(.*?))? *(?:#.*)?");
  private static final String SETTINGS = "| variable | default | server | meaning | beyond it |";
  private static final int README_LINES = 120;

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(Path file) {
    return String.join("\n", lines(file));
  }

  private static String plain(String cell) {
    return cell.replace("`", "");
  }

  @Test
  void readmeCanBeReadInFiveMinutes() {
    int lines = Page.read("README.md").lines().size();
    assertTrue(lines <= README_LINES, "README has " + lines + " lines");
  }

  @Test
  void theServersKnowTheSettingsOfEachOther() {
    Set<String> all = new TreeSet<>();
    for (String server : SERVERS) {
      lines(
              Tools.repository()
                  .resolve("modules/" + server + "/src/main/resources/application.yaml"))
          .forEach(
              line -> {
                Matcher setting = SETTING.matcher(line);
                if (setting.matches()) {
                  all.add(setting.group(1));
                }
              });
    }
    Path known =
        Tools.repository()
            .resolve(
                "modules/server/src/main/resources/dev/controlplane/server/settings/setting-names.txt");
    assertEquals(List.copyOf(all), lines(known));
  }

  @Test
  void everySettingIsOnTheConfigurationPageWithItsDefault() {
    Map<String, String> documented = new TreeMap<>();
    for (List<String> row : Page.read("docs/configuration.md").rows(SETTINGS)) {
      assertEquals(5, row.size(), row::toString);
      assertFalse(row.get(3).isEmpty() || row.get(4).isEmpty(), row::toString);
      for (String server : servers(row.get(2))) {
        String setting = server + ' ' + plain(row.get(0));
        String before = documented.put(setting, plain(row.get(1)));
        assertEquals(null, before, setting + " has two rows");
      }
    }
    Map<String, String> real = new TreeMap<>();
    for (String server : SERVERS) {
      settings(server).forEach((variable, value) -> real.put(server + ' ' + variable, value));
    }
    assertEquals(listed(real), listed(documented));
  }

  private static List<String> servers(String cell) {
    return plain(cell).equals("all") ? SERVERS : List.of(plain(cell).split(", *"));
  }

  private static String listed(Map<String, String> settings) {
    return settings.entrySet().stream()
        .map(e -> e.getKey() + " = " + e.getValue())
        .collect(Collectors.joining("\n"));
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

  /** The sources of the modules, without their tests. */
  private static String sources(String... modules) {
    StringBuilder all = new StringBuilder();
    for (String module : modules) {
      Path root = Tools.repository().resolve("modules").resolve(module).resolve("src/main/java");
      try (Stream<Path> files = Files.walk(root)) {
        files.filter(file -> file.toString().endsWith(".java")).forEach(f -> all.append(text(f)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return all.toString();
  }

  private static Set<String> found(String text, String pattern) {
    return Pattern.compile(pattern)
        .matcher(text)
        .results()
        .map(DocumentationTest::groups)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String groups(MatchResult match) {
    List<String> groups = new ArrayList<>();
    for (int i = 1; i <= match.groupCount(); i++) {
      groups.add(match.group(i));
    }
    return String.join(" ", groups);
  }

  private static void assertNames(String page, Set<String> wanted) {
    assertFalse(wanted.isEmpty(), "nothing was found that " + page + " could name");
    String text = Page.read(page).text();
    Set<String> missing = new TreeSet<>(wanted);
    missing.removeIf(name -> text.contains("`" + name));
    assertEquals(Set.of(), missing, page + " does not name these");
  }

  @Test
  void everyRouteIsOnTheHttpPageAndNoOther() {
    Set<String> real = new TreeSet<>();
    String sources = sources("server", "upload-server", "consumer-server", "grpc-server");
    real.addAll(found(sources, "Method\\.([A-Z]+),\\s*\"(/[^\"]*)\""));
    real.addAll(List.of("GET /health", "GET /observe/health", "GET /observe/metrics"));
    real.add("GET /debug/pprof/");
    Set<String> documented =
        found(Page.read("docs/http-api.md").text(), "`(GET|POST|PUT|DELETE) (/[^`?]*)[`?]");
    assertEquals(real, documented);
  }

  @Test
  void everyErrorCodeIsOnTheHttpPage() {
    String sources =
        sources("server", "upload-server", "consumer-server", "grpc-server", "helidon-transport");
    Set<String> codes = new TreeSet<>();
    codes.addAll(found(sources, "badRequest\\(\\s*\"([a-z_]+)\""));
    codes.addAll(found(sources, "ApiException\\s*\\.of\\(\\s*\\d+,\\s*\"([a-z_]+)\""));
    codes.addAll(found(sources, "[A-Z_]+\\(\"([a-z_]+)\", \\d+, Status\\.Code"));
    codes.addAll(found(sources, "new Json\\.Failure\\(\\s*\"([a-z_]+)\""));
    codes.addAll(found(sources, "\\\\\"error\\\\\":\\\\\"([a-z_]+)"));
    assertNames("docs/http-api.md", codes);
  }

  @Test
  void everyCallMessageAndFieldIsOnTheGrpcPage() {
    String proto = text(Tools.repository().resolve("proto/control_plane.proto"));
    Set<String> names = new TreeSet<>();
    names.addAll(found(proto, "(?m)^ *rpc (\\w+)"));
    names.addAll(found(proto, "(?m)^  (?:repeated )?[\\w<>., ]+ (\\w+) = \\d+;"));
    names.addAll(found(proto, "(?m)^  ([A-Z_]+) = [1-9]\\d*;"));
    assertNames("docs/grpc-api.md", names);
  }

  @Test
  void everyCommandAndOptionIsOnTheCpctlPage() {
    String sources = sources("client");
    Set<String> names = new TreeSet<>();
    names.addAll(found(sources, "@Command\\(\\s*name = \"([a-z]+)\""));
    names.remove("cpctl");
    names.remove("forget");
    names.add("cpctl consumers forget");
    Set<String> headings = found(Page.read("docs/cpctl.md").text(), "(?m)^## ([a-z]+)$");
    names.removeIf(headings::contains);
    names.addAll(found(sources, "\"(--[a-z-]+)\"[,})]"));
    assertNames("docs/cpctl.md", names);
  }

  @Test
  void everyEventOfTheLogIsOnTheDebuggingPage() {
    String sources = sources("server", "upload-server", "consumer-server", "grpc-server");
    assertNames(
        "docs/debugging.md",
        found(
            sources,
            "\\b(?:log|events|log\\(\\))\\s*\\.(?:debug|info|warn|error)\\(\\s*\"([a-z-]+)\""));
  }

  @Test
  void everyMetricThatAPageNamesIsServed() {
    Set<String> named = new TreeSet<>();
    for (Page page : Page.all()) {
      named.addAll(found(page.text(), "`(controlplane_[a-z_]+)`"));
    }
    Set<String> served = new HashSet<>();
    try (Cluster cluster = Cluster.start()) {
      for (String url :
          List.of(cluster.uploadUrl(), cluster.consumerUrl(), cluster.grpcHttpUrl())) {
        served.addAll(found(Cluster.get(url + "/observe/metrics").body(), "(?m)^# TYPE (\\w+) "));
        served.addAll(found(Cluster.get(url + "/observe/metrics").body(), "(?m)^(\\w+)"));
      }
    }
    named.removeAll(served);
    assertEquals(Set.of(), named, "no server serves these metrics");
  }

  @Test
  void everyLinkLeadsSomewhere() {
    Map<Path, Set<String>> headings = new HashMap<>();
    List<String> broken = new ArrayList<>();
    for (Page page : Page.all()) {
      Path file = Tools.repository().resolve(page.name());
      for (MatchResult link :
          Pattern.compile("\\]\\((?!https?:)([^)#]*)(?:#([^)]*))?\\)")
              .matcher(page.text())
              .results()
              .toList()) {
        Path target =
            link.group(1).isEmpty() ? file : file.resolveSibling(link.group(1)).normalize();
        String anchor = link.group(2);
        if (!Files.exists(target)
            || (anchor != null
                && !headings
                    .computeIfAbsent(target, DocumentationTest::anchors)
                    .contains(anchor))) {
          broken.add(page.name() + ": " + link.group());
        }
      }
    }
    assertEquals(List.of(), broken);
  }

  /** The headings of a page, as GitHub makes anchors of them. */
  private static Set<String> anchors(Path page) {
    return lines(page).stream()
        .filter(line -> line.startsWith("#"))
        .map(line -> line.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .collect(Collectors.toSet());
  }
}
