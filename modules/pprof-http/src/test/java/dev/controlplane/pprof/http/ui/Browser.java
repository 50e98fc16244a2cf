package dev.controlplane.pprof.http.ui;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Chromium without a window, driven through its DevTools protocol. It reaches loopback only. */
final class Browser implements AutoCloseable {
  private static final String ANNOUNCEMENT = "DevTools listening on ws://";

  private final Process process;
  private final Path home;
  private final HttpClient client = HttpClient.newHttpClient();
  private final String address;

  private Browser(Process process, Path home, String address) {
    this.process = process;
    this.home = home;
    this.address = address;
  }

  /** Starts it; {@code bin/tools} installs it. */
  static Browser start(String... options) throws IOException {
    Path home = Files.createTempDirectory("chromium");
    var command =
        new ArrayList<>(
            List.of(
                "chromium",
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
                "--lang=en",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                "--remote-debugging-port=0",
                "--user-data-dir=" + home));
    command.addAll(List.of(options));
    command.add("about:blank");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
            .start();
    var errors =
        new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
    var said = new StringBuilder();
    for (String line = errors.readLine(); line != null; line = errors.readLine()) {
      said.append(line).append('\n');
      if (line.startsWith(ANNOUNCEMENT)) {
        String rest = line.substring(ANNOUNCEMENT.length());
        // What it says later is read and dropped, so that it never waits for a reader.
        Thread.ofVirtual().start(() -> errors.lines().forEach(later -> {}));
        return new Browser(process, home, rest.substring(0, rest.indexOf('/')));
      }
    }
    throw new IOException("chromium did not start:\n" + said);
  }

  /** Opens a page in a new tab. */
  Tab open(String url) throws IOException, InterruptedException {
    JsonElement tab =
        JsonParser.parseString(
            send(HttpRequest.newBuilder().PUT(HttpRequest.BodyPublishers.noBody()), "/json/new"));
    Tab opened = attach(tab.getAsJsonObject().get("webSocketDebuggerUrl").getAsString());
    opened.goTo(url);
    return opened;
  }

  /** Waits for a tab that a page has opened. */
  Tab opened(String partOfUrl) throws IOException, InterruptedException {
    long start = System.nanoTime();
    while (System.nanoTime() - start < TimeUnit.SECONDS.toNanos(30)) {
      JsonArray tabs =
          JsonParser.parseString(send(HttpRequest.newBuilder().GET(), "/json/list"))
              .getAsJsonArray();
      for (JsonElement tab : tabs) {
        if (tab.getAsJsonObject().get("url").getAsString().contains(partOfUrl)) {
          return attach(tab.getAsJsonObject().get("webSocketDebuggerUrl").getAsString());
        }
      }
      Thread.sleep(Duration.ofMillis(50));
    }
    throw new AssertionError("no tab was opened with " + partOfUrl);
  }

  private Tab attach(String socket) {
    return new Tab(client, URI.create(socket));
  }

  private String send(HttpRequest.Builder request, String path)
      throws IOException, InterruptedException {
    return client
        .send(
            request.uri(URI.create("http://" + address + path)).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  @Override
  public void close() throws IOException {
    client.shutdownNow();
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try (Stream<Path> files = Files.walk(home)) {
      // Its helpers may still remove files themselves.
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (java.io.UncheckedIOException e) {
      // They were removed meanwhile.
    }
  }
}
