package dev.controlplane.upload;

import dev.controlplane.pprof.Goroutines;
import dev.controlplane.server.EventLog;
import dev.controlplane.server.settings.Settings;
import dev.controlplane.server.settings.StartupException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Announces updates to grpc-servers: {@code POST /internal/broadcast} with its revision.
 * Thread-safe.
 *
 * <p>An announcement is only a hint that saves a grpc-server the wait for its next poll. So each
 * one is sent once, with short timeouts, by a virtual thread per grpc-server, and nobody waits for
 * it. While one is being sent, only the newest revision is kept for the next.
 */
final class Announcer implements AutoCloseable {
  private final List<Target> targets = new ArrayList<>();
  private final HttpClient http;

  private Announcer(HttpClient http) {
    this.http = http;
  }

  /**
   * Starts the threads.
   *
   * @param onFailure runs for each failed announcement
   */
  static Announcer start(Settings settings, EventLog log, Runnable onFailure) {
    Duration connectTimeout = limit(settings, "announce-connect-timeout");
    Duration timeout = limit(settings, "announce-timeout");
    List<URI> urls =
        settings.list("grpc-server-url").stream().map(Announcer::broadcastUrl).toList();
    Announcer announcer =
        new Announcer(
            urls.isEmpty()
                ? null
                : HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(connectTimeout)
                    .build());
    for (URI url : urls) {
      announcer.targets.add(new Target(announcer.http, url, timeout, log, onFailure));
    }
    announcer.targets.forEach(Target::start);
    return announcer;
  }

  private static Duration limit(Settings settings, String key) {
    return settings.duration(key, Duration.ofMillis(10), Duration.ofMinutes(1));
  }

  private static URI broadcastUrl(String base) {
    try {
      URI url = URI.create(base.replaceFirst("/+$", "") + "/internal/broadcast");
      if (("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
          && url.getHost() != null
          && url.getQuery() == null
          && url.getFragment() == null) {
        return url;
      }
    } catch (IllegalArgumentException e) {
      // Reported below, like a URL of another kind.
    }
    throw new StartupException(
        "GRPC_SERVER_URL has \"" + base + "\"; expected: base URLs such as http://127.0.0.1:8082");
  }

  /** Announces a revision. Returns immediately. */
  void announce(long revision) {
    targets.forEach(target -> target.announce(revision));
  }

  @Override
  public void close() {
    targets.forEach(Target::end);
    if (http != null) {
      http.shutdownNow();
    }
  }

  /** One grpc-server and the thread that sends announcements to it. */
  private static final class Target {
    /** While it does not answer, at most one line is logged in this time, in nanoseconds. */
    private static final long LOG_EVERY_NANOS = Duration.ofMinutes(1).toNanos();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final HttpClient http;
    private final URI url;
    private final Duration timeout;
    private final EventLog log;
    private final Runnable onFailure;
    private long newest;
    private boolean ended;
    private boolean down;
    private long loggedAt;

    Target(HttpClient http, URI url, Duration timeout, EventLog log, Runnable onFailure) {
      this.http = http;
      this.url = url;
      this.timeout = timeout;
      this.log = log;
      this.onFailure = onFailure;
    }

    void start() {
      Goroutines.start("announce " + url.getAuthority(), this::run);
    }

    void announce(long revision) {
      lock.lock();
      try {
        newest = Math.max(newest, revision);
        changed.signal();
      } finally {
        lock.unlock();
      }
    }

    void end() {
      lock.lock();
      try {
        ended = true;
        changed.signal();
      } finally {
        lock.unlock();
      }
    }

    private void run() {
      try {
        for (long told = 0; (told = awaitAbove(told)) > 0; ) {
          tell(told);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** Waits for a revision above the last announced one and returns the newest; 0 at the end. */
    private long awaitAbove(long told) throws InterruptedException {
      lock.lock();
      try {
        while (newest <= told && !ended) {
          changed.await();
        }
        return ended ? 0 : newest;
      } finally {
        lock.unlock();
      }
    }

    private void tell(long revision) throws InterruptedException {
      HttpRequest request =
          HttpRequest.newBuilder(url)
              .timeout(timeout)
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofString("{\"revision\":" + revision + "}"))
              .build();
      AnnounceEvent event = AnnounceEvent.begun();
      String failure = null;
      try {
        HttpResponse<Void> response = http.send(request, BodyHandlers.discarding());
        if (response.statusCode() / 100 != 2) {
          failure = "status " + response.statusCode();
        }
      } catch (IOException e) {
        failure = e.toString();
      }
      event.ended(url, revision, failure);
      if (failure == null) {
        succeeded();
      } else {
        failed(revision, failure);
      }
    }

    private void succeeded() {
      if (down) {
        down = false;
        log.info("announce-works-again", "url", url);
      }
    }

    private void failed(long revision, String reason) {
      onFailure.run();
      long now = System.nanoTime();
      if (!down || now - loggedAt > LOG_EVERY_NANOS) {
        log.warn(
            "announce-failed",
            "url",
            url,
            "revision",
            revision,
            "reason",
            reason,
            "effect",
            "its subscribers get the update by its poll");
        loggedAt = now;
      }
      down = true;
    }
  }
}
