package dev.controlplane.pprof.http.ui;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.Profiles;
import dev.controlplane.pprof.census.GoroutineCensus.Group;
import dev.controlplane.pprof.census.GoroutineCensus.Look;
import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.Stack;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the page gets from the server. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class UiTest {
  private final Ui ui = new Ui(new Profiles(), GoroutineProfiler.Options.defaults());
  private final FrameTable table = new FrameTable();

  @Test
  void aLookIsATreeWithTheCountsOfEachState() {
    Frame main = table.frame("a.Main", "main", "Main.java", 1);
    Frame work = table.frame("a.Work", "run", "Work.java", 22);
    Frame wait = table.frame("java.lang.Thread", "sleep", "Thread.java", 333);
    Look look =
        look(
            new Group(new Stack(new Frame[] {wait, work, main}), "sleep", 5, 17, seconds(3)),
            new Group(new Stack(new Frame[] {work, main}), "running", 2, 18, seconds(0)));

    JsonObject json = parse(LookJson.write(look, Ui.MOST_BYTES));

    assertEquals(7, json.get("total").getAsLong());
    assertEquals(0, json.get("folded").getAsLong());
    assertEquals(
        "[\"a.Main.main\",\"a.Work.run\",\"java.lang.Thread.sleep\"]", sorted(json, "functions"));
    assertEquals(
        List.of("a.Main.main:1", "a.Work.run:22", "java.lang.Thread.sleep:333"),
        stack(json, "sleep"));
    assertEquals(List.of("a.Main.main:1", "a.Work.run:22"), stack(json, "running"));
    JsonArray groups = json.getAsJsonArray("groups");
    assertEquals(10, groups.size());
    assertEquals("[5,3000,17]", groupOf(json, "sleep"));
    assertEquals("[2,0,18]", groupOf(json, "running"));
    assertEquals("a/Work.java", file(json, "a.Work.run"));
  }

  @Test
  void aHundredThousandDifferentStacksFitIntoAMegabyteAndNoGoroutineIsLost() {
    var groups = new ArrayList<Group>();
    for (int i = 0; i < 100_000; i++) {
      Frame[] frames = new Frame[20];
      for (int depth = 0; depth < 20; depth++) {
        frames[19 - depth] =
            table.frame(
                "com.example.some.longer.name.Class" + i % 977 + depth,
                "method" + (depth == 19 ? i : depth),
                "C.java",
                i % 100);
      }
      groups.add(new Group(new Stack(frames), "sleep", 1 + i % 3, i, seconds(i % 60)));
    }
    Look look = look(groups.toArray(Group[]::new));

    byte[] bytes = LookJson.write(look, Ui.MOST_BYTES);

    assertTrue(bytes.length <= 1_000_000, bytes.length + " bytes");
    JsonObject json = parse(bytes);
    JsonArray flat = json.getAsJsonArray("groups");
    long total = 0;
    for (int i = 2; i < flat.size(); i += 5) {
      total += flat.get(i).getAsLong();
    }
    assertEquals(look.total(), total);
    assertTrue(json.get("folded").getAsLong() > 0);
    assertTrue(json.getAsJsonArray("nodes").size() > 3000, "some of the tree is there");
  }

  @Test
  void namesOfOtherLanguagesAreStillJson() {
    Frame odd = table.frame("a.B", "say \"\\\n\u0001 it\ud83d\ude00\ud800", null, -1);

    byte[] bytes =
        LookJson.write(
            look(new Group(new Stack(new Frame[] {odd}), "running", 1, 1, seconds(0))),
            Ui.MOST_BYTES);
    JsonObject json = parse(bytes);

    // RFC 8259, section 7; the parser of this test takes them.
    assertTrue(text(bytes).chars().noneMatch(c -> c < ' '), text(bytes));

    assertEquals(
        "a.B.say \"\\\n\u0001 it\ud83d\ude00?",
        json.getAsJsonArray("functions").get(0).getAsString());
  }

  @Test
  void theLiveLookShowsTheThreadsOfThisProcess() throws IOException {
    try (Zoo zoo = new Zoo()) {
      zoo.receivers(40);
      JsonObject json;
      do {
        json = parse(answer("/look", 200).body());
      } while (!json.toString().contains("chan receive") || countOf(json, "Zoo.receive") < 40);
      assertEquals(40, countOf(json, "Zoo.receive"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/style.css", "/main.js", "/icon.svg", "/speedscope/"})
  void aFileIsServedWithItsTypeAndPolicyAndNotSentTwice(String path) throws IOException {
    UiAnswer first = answer(path, 200);
    assertTrue(first.body().length > 100);
    String policy = first.headers().get("Content-Security-Policy");
    assertTrue(policy.startsWith("default-src 'none'"), policy);
    assertTrue(policy.contains("frame-ancestors 'none'"), policy);
    assertTrue(path.startsWith("/speedscope") || !policy.contains("unsafe"), policy);
    String expected =
        path.endsWith(".css")
            ? "text/css; charset=utf-8"
            : path.endsWith(".js")
                ? "text/javascript; charset=utf-8"
                : path.endsWith(".svg") ? "image/svg+xml" : "text/html; charset=utf-8";
    assertEquals(expected, first.contentType());

    UiAnswer second = ui.answer(path, Optional.of("W/\"x\", " + first.headers().get("ETag")));
    assertEquals(304, second.status());
    assertEquals(0, second.body().length);
    assertEquals(200, ui.answer(path, Optional.of("\"another\"")).status());
  }

  @Test
  void speedscopeComesWithItsLicences() throws IOException {
    assertTrue(text(answer("/speedscope/LICENSE.txt", 200)).contains("MIT License"));
    assertTrue(
        text(answer("/speedscope/source-code-pro.LICENSE.txt", 200))
            .contains("SIL OPEN FONT LICENSE"));
  }

  @Test
  void allThatSpeedscopesPageNamesIsThere() throws IOException {
    String page = text(answer("/speedscope/", 200));
    var names =
        java.util.regex.Pattern.compile("(?:href|src)=\"([^\"]+)\"")
            .matcher(page)
            .results()
            .toList();
    assertEquals(5, names.size());
    for (var name : names) {
      answer("/speedscope/" + name.group(1), 200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/nothing.js",
        "/../Ui.class",
        "/..%2fUi.class",
        "//style.css",
        "/style.css/",
        "/.css",
        "/package-info.class",
        "/speedscope/../index.html",
        "/speedscope",
        "style.css",
        "/a\\b.js"
      })
  void nothingElseIsServed(String path) throws IOException {
    UiAnswer answer = ui.answer(path, Optional.empty());
    assertTrue(path.equals("/speedscope") ? answer.status() == 307 : answer.status() == 404, path);
  }

  private UiAnswer answer(String path, int status) throws IOException {
    UiAnswer answer = ui.answer(path, Optional.empty());
    assertEquals(status, answer.status(), path);
    return answer;
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static String text(UiAnswer answer) {
    return text(answer.body());
  }

  private static Duration seconds(long seconds) {
    return Duration.ofSeconds(seconds);
  }

  private static Look look(Group... groups) {
    return new Look("Test", Instant.EPOCH, Duration.ofMillis(12), List.of(groups));
  }

  private static JsonObject parse(byte[] json) {
    return JsonParser.parseString(new String(json, StandardCharsets.UTF_8)).getAsJsonObject();
  }

  private static String sorted(JsonObject json, String name) {
    var texts = new ArrayList<String>();
    json.getAsJsonArray(name).forEach(text -> texts.add(text.toString()));
    texts.sort(null);
    return "[" + String.join(",", texts) + "]";
  }

  private static String file(JsonObject json, String function) {
    JsonArray functions = json.getAsJsonArray("functions");
    for (int i = 0; i < functions.size(); i++) {
      if (functions.get(i).getAsString().equals(function)) {
        return json.getAsJsonArray("files")
            .get(json.getAsJsonArray("functionFiles").get(i).getAsInt())
            .getAsString();
      }
    }
    return "";
  }

  /** Count, milliseconds and id of the group in a state. */
  private static String groupOf(JsonObject json, String state) {
    JsonArray groups = json.getAsJsonArray("groups");
    int at = at(json, state);
    return "[%s,%s,%s]".formatted(groups.get(at + 2), groups.get(at + 3), groups.get(at + 4));
  }

  private static int at(JsonObject json, String state) {
    JsonArray groups = json.getAsJsonArray("groups");
    for (int i = 0; i < groups.size(); i += 5) {
      if (json.getAsJsonArray("states")
          .get(groups.get(i + 1).getAsInt())
          .getAsString()
          .equals(state)) {
        return i;
      }
    }
    throw new AssertionError("no group is in the state " + state);
  }

  /** The stack of the group in a state, outermost first. */
  private static List<String> stack(JsonObject json, String state) {
    return stack(json, json.getAsJsonArray("groups").get(at(json, state)).getAsInt());
  }

  private static List<String> stack(JsonObject json, int node) {
    JsonArray nodes = json.getAsJsonArray("nodes");
    var stack = new ArrayList<String>();
    for (int at = node; at != 0; at = nodes.get(3 * (at - 1)).getAsInt()) {
      stack.add(
          0,
          json.getAsJsonArray("functions").get(nodes.get(3 * (at - 1) + 1).getAsInt()).getAsString()
              + ":"
              + nodes.get(3 * (at - 1) + 2));
    }
    return stack;
  }

  private static long countOf(JsonObject json, String function) {
    JsonArray groups = json.getAsJsonArray("groups");
    long count = 0;
    for (int i = 0; i < groups.size(); i += 5) {
      if (stack(json, groups.get(i).getAsInt()).stream()
          .anyMatch(frame -> frame.contains(function))) {
        count += groups.get(i + 2).getAsLong();
      }
    }
    return count;
  }
}
