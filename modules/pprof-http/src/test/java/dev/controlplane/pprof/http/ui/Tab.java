package dev.controlplane.pprof.http.ui;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A tab of the browser: what a person sees and does there. */
final class Tab {
  private static final int PATIENCE_SECONDS = 30;

  private final DevTools protocol;
  private final List<String> complaints = new CopyOnWriteArrayList<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();

  Tab(HttpClient client, URI address) {
    protocol = new DevTools(client, address, this::event);
    for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
      protocol.call(domain + ".enable");
    }
  }

  /** Errors and violations of the content security policy that the browser told of. */
  List<String> complaints() {
    return complaints;
  }

  /** The addresses that the page asked for. */
  List<String> requests() {
    return requests;
  }

  void goTo(String url) {
    protocol.call("Page.navigate", "url", url);
  }

  void size(int width, int height, boolean dark) {
    var metrics = new JsonObject();
    metrics.addProperty("width", width);
    metrics.addProperty("height", height);
    metrics.addProperty("deviceScaleFactor", 1);
    metrics.addProperty("mobile", false);
    protocol.call("Emulation.setDeviceMetricsOverride", metrics);
    var feature = new JsonObject();
    feature.addProperty("name", "prefers-color-scheme");
    feature.addProperty("value", dark ? "dark" : "light");
    var features = new JsonArray();
    features.add(feature);
    var media = new JsonObject();
    media.add("features", features);
    protocol.call("Emulation.setEmulatedMedia", media);
  }

  /** Evaluates an expression and returns its value as text. */
  String evaluate(String expression) {
    return settle("String(" + expression + ")");
  }

  /** Evaluates an expression; if its value is a promise, waits for what that brings. */
  private String settle(String expression) {
    var parameters = new JsonObject();
    parameters.addProperty("expression", expression);
    parameters.addProperty("awaitPromise", true);
    parameters.addProperty("userGesture", true);
    JsonObject answer = protocol.call("Runtime.evaluate", parameters);
    if (answer.has("exceptionDetails")) {
      throw new AssertionError(expression + ": " + answer.get("exceptionDetails"));
    }
    return answer.getAsJsonObject("result").get("value").getAsString();
  }

  /** Waits until an expression is true. The page looks by itself. */
  void await(String expression) {
    String found =
        """
        new Promise((done, fail) => {
          const end = performance.now() + %d;
          const look = () => {
            try {
              const is = Boolean(%s);
              if (is || performance.now() > end) { done(String(is)); } else { setTimeout(look, 20); }
            } catch (e) {
              fail(e);
            }
          };
          look();
        })\
        """
            .formatted(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS), expression);
    if (!settleAlsoAfterALeap(found).equals("true")) {
      throw new AssertionError(
          "not true within %d s: %s%nbrowser: %s%npage: %s"
              .formatted(
                  PATIENCE_SECONDS, expression, complaints, evaluate("document.body.innerText")));
    }
  }

  /** As {@link #settle}, once more if the tab goes to another page meanwhile. */
  private String settleAlsoAfterALeap(String expression) {
    try {
      return settle(expression);
    } catch (DevTools.RefusedException e) {
      return settle(expression);
    }
  }

  /** Clicks the middle of the first element that a selector finds, after scrolling to it. */
  void click(String selector) {
    String[] place =
        evaluate(
                "(e => { e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();"
                    + " return (b.left + b.width / 2) + ' ' + (b.top + b.height / 2); })"
                    + "(document.querySelector('%s'))".formatted(selector))
            .split(" ", 2);
    clickAt(Double.parseDouble(place[0]), Double.parseDouble(place[1]));
  }

  void clickAt(double x, double y) {
    for (String type : List.of("mouseMoved", "mousePressed", "mouseReleased")) {
      var event = new JsonObject();
      event.addProperty("type", type);
      event.addProperty("x", x);
      event.addProperty("y", y);
      if (!type.equals("mouseMoved")) {
        event.addProperty("button", "left");
        event.addProperty("clickCount", 1);
      }
      protocol.call("Input.dispatchMouseEvent", event);
    }
  }

  /** Presses a key: a character, or a name such as {@code Enter}. */
  void press(String key) {
    for (String type : List.of("keyDown", "keyUp")) {
      var event = new JsonObject();
      event.addProperty("type", type);
      event.addProperty("key", key);
      if (key.length() == 1 && type.equals("keyDown")) {
        event.addProperty("text", key);
      }
      protocol.call("Input.dispatchKeyEvent", event);
    }
  }

  void type(String text) {
    protocol.call("Input.insertText", "text", text);
  }

  /** Drops a file on an element. */
  void drop(String selector, Path file) {
    String[] place =
        evaluate(
                "(b => (b.left + 20) + ' ' + (b.top + 20))"
                    + "(document.querySelector('%s').getBoundingClientRect())".formatted(selector))
            .split(" ", 2);
    var data = new JsonObject();
    data.add("items", new JsonArray());
    var files = new JsonArray();
    files.add(file.toString());
    data.add("files", files);
    data.addProperty("dragOperationsMask", 1);
    for (String type : List.of("dragEnter", "dragOver", "drop")) {
      var event = new JsonObject();
      event.addProperty("type", type);
      event.addProperty("x", Double.parseDouble(place[0]));
      event.addProperty("y", Double.parseDouble(place[1]));
      event.add("data", data);
      protocol.call("Input.dispatchDragEvent", event);
    }
  }

  void screenshot(Path file) throws IOException {
    Files.write(
        file,
        Base64.getDecoder()
            .decode(
                protocol
                    .call("Page.captureScreenshot", "format", "png")
                    .get("data")
                    .getAsString()));
  }

  private void event(String method, JsonObject parameters) {
    switch (method) {
      case "Network.requestWillBeSent" ->
          requests.add(parameters.getAsJsonObject("request").get("url").getAsString());
      case "Runtime.exceptionThrown" -> complaints.add(parameters.toString());
      case "Log.entryAdded" -> {
        JsonObject entry = parameters.getAsJsonObject("entry");
        // Warnings are about the machine, which has no graphics card.
        if (entry.get("level").getAsString().equals("error")) {
          complaints.add(entry.toString());
        }
      }
      default -> {}
    }
  }
}
