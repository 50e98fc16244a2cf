package dev.controlplane.pprof.http.ui;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** A tab of the browser: what a person sees and does there. */
final class Tab implements WebSocket.Listener {
  private final WebSocket socket;
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonObject>> open = new ConcurrentHashMap<>();
  private final StringBuilder received = new StringBuilder();
  private final List<String> complaints = new CopyOnWriteArrayList<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();

  Tab(HttpClient client, URI address) {
    socket = client.newWebSocketBuilder().buildAsync(address, this).join();
    call("Page.enable");
    call("Runtime.enable");
    call("Log.enable");
    call("Network.enable");
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
    call("Page.navigate", "url", url);
  }

  void size(int width, int height, boolean dark) {
    var metrics = new JsonObject();
    metrics.addProperty("width", width);
    metrics.addProperty("height", height);
    metrics.addProperty("deviceScaleFactor", 1);
    metrics.addProperty("mobile", false);
    call("Emulation.setDeviceMetricsOverride", metrics);
    var feature = new JsonObject();
    feature.addProperty("name", "prefers-color-scheme");
    feature.addProperty("value", dark ? "dark" : "light");
    var features = new JsonArray();
    features.add(feature);
    var media = new JsonObject();
    media.add("features", features);
    call("Emulation.setEmulatedMedia", media);
  }

  /** Evaluates an expression and returns its value as text. */
  String evaluate(String expression) {
    var parameters = new JsonObject();
    parameters.addProperty("expression", "String(" + expression + ")");
    parameters.addProperty("awaitPromise", true);
    parameters.addProperty("userGesture", true);
    JsonObject answer = call("Runtime.evaluate", parameters);
    if (answer.has("exceptionDetails")) {
      throw new AssertionError(expression + ": " + answer.get("exceptionDetails"));
    }
    return answer.getAsJsonObject("result").get("value").getAsString();
  }

  /** Waits until an expression is true. */
  void await(String expression) {
    long start = System.nanoTime();
    while (!evaluate("Boolean(" + expression + ")").equals("true")) {
      if (System.nanoTime() - start > TimeUnit.SECONDS.toNanos(30)) {
        throw new AssertionError(
            "not true within 30 s: %s%nbrowser: %s%npage: %s"
                .formatted(expression, complaints, evaluate("document.body.innerText")));
      }
      try {
        Thread.sleep(Duration.ofMillis(50));
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
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
      call("Input.dispatchMouseEvent", event);
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
      call("Input.dispatchKeyEvent", event);
    }
  }

  void type(String text) {
    call("Input.insertText", "text", text);
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
      call("Input.dispatchDragEvent", event);
    }
  }

  void screenshot(Path file) throws IOException {
    Files.write(
        file,
        Base64.getDecoder()
            .decode(call("Page.captureScreenshot", "format", "png").get("data").getAsString()));
  }

  private JsonObject call(String method, String... parameters) {
    var all = new JsonObject();
    for (int i = 0; i < parameters.length; i += 2) {
      all.addProperty(parameters[i], parameters[i + 1]);
    }
    return call(method, all);
  }

  private JsonObject call(String method, JsonObject parameters) {
    int id = ids.incrementAndGet();
    var message = new JsonObject();
    message.addProperty("id", id);
    message.addProperty("method", method);
    message.add("params", parameters);
    var answer = new CompletableFuture<JsonObject>();
    open.put(id, answer);
    synchronized (this) {
      socket.sendText(message.toString(), true).join();
    }
    try {
      JsonObject whole = answer.get(60, TimeUnit.SECONDS);
      if (whole.has("error")) {
        throw new AssertionError(method + ": " + whole.get("error"));
      }
      return whole.getAsJsonObject("result");
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError(method + " has no answer", e);
    }
  }

  @Override
  public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
    received.append(data);
    if (last) {
      JsonObject message = JsonParser.parseString(received.toString()).getAsJsonObject();
      received.setLength(0);
      if (message.has("id")) {
        open.remove(message.get("id").getAsInt()).complete(message);
      } else {
        event(message.get("method").getAsString(), message.getAsJsonObject("params"));
      }
    }
    webSocket.request(1);
    return null;
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
