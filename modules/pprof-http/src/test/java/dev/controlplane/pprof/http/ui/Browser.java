package dev.controlplane.pprof.http.ui;

import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Chromium without a window, driven through its DevTools protocol. It reaches loopback only. */
final class Browser implements AutoCloseable {
  private static final String ANNOUNCEMENT = "DevTools listening on ";

  private final Process process;
  private final Path home;
  private final HttpClient client = HttpClient.newHttpClient();
  private final URI address;
  private final DevTools protocol;

  /** The tabs by id, with the address of the page that each shows. */
  private final Map<String, String> pages = new HashMap<>();

  /** The ids of the tabs that a test has got. */
  private final Set<String> given = new HashSet<>();

  private Browser(Process process, Path home, URI address) {
    this.process = process;
    this.home = home;
    this.address = address;
    this.protocol = new DevTools(client, address, this::event);
    var all = new JsonObject();
    all.addProperty("discover", true);
    protocol.call("Target.setDiscoverTargets", all);
  }

  private void event(String method, JsonObject parameters) {
    if (method.equals("Target.targetCreated") || method.equals("Target.targetInfoChanged")) {
      JsonObject target = parameters.getAsJsonObject("targetInfo");
      synchronized (pages) {
        pages.put(target.get("targetId").getAsString(), target.get("url").getAsString());
        pages.notifyAll();
      }
    }
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
        URI address = URI.create(line.substring(ANNOUNCEMENT.length()));
        // What it says later is read and dropped, so that it never waits for a reader.
        Thread.ofVirtual().start(() -> errors.lines().forEach(later -> {}));
        return new Browser(process, home, address);
      }
    }
    throw new IOException("chromium did not start:\n" + said);
  }

  /** Opens a page in a new tab. */
  Tab open(String url) {
    Tab opened =
        attach(
            protocol
                .call("Target.createTarget", "url", "about:blank")
                .get("targetId")
                .getAsString());
    opened.goTo(url);
    return opened;
  }

  /** Waits for a tab that a page has opened, and that was not returned before. */
  Tab opened(String partOfUrl) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    synchronized (pages) {
      while (true) {
        for (Map.Entry<String, String> page : pages.entrySet()) {
          if (page.getValue().contains(partOfUrl) && given.add(page.getKey())) {
            return attach(page.getKey());
          }
        }
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0) {
          throw new AssertionError("no tab was opened with " + partOfUrl + " but " + pages);
        }
        pages.wait(left);
      }
    }
  }

  private Tab attach(String id) {
    return new Tab(client, address.resolve("/devtools/page/" + id));
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
