package dev.controlplane.pprof.http.ui;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/** A connection of Chromium's DevTools protocol, to the browser or to a tab. */
final class DevTools implements WebSocket.Listener {
  /** The browser's refusal of a call. */
  static final class RefusedException extends RuntimeException {
    RefusedException(String message) {
      super(message);
    }
  }

  private final WebSocket socket;
  private final BiConsumer<String, JsonObject> events;
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonObject>> open = new ConcurrentHashMap<>();
  private final StringBuilder received = new StringBuilder();

  /**
   * Connects.
   *
   * @param events receives the name of each event and its parameters
   */
  DevTools(HttpClient client, URI address, BiConsumer<String, JsonObject> events) {
    this.events = events;
    this.socket = client.newWebSocketBuilder().buildAsync(address, this).join();
  }

  JsonObject call(String method, String... parameters) {
    var all = new JsonObject();
    for (int i = 0; i < parameters.length; i += 2) {
      all.addProperty(parameters[i], parameters[i + 1]);
    }
    return call(method, all);
  }

  JsonObject call(String method, JsonObject parameters) {
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
        throw new RefusedException(method + ": " + whole.get("error"));
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
        events.accept(message.get("method").getAsString(), message.getAsJsonObject("params"));
      }
    }
    webSocket.request(1);
    return null;
  }
}
