package dev.controlplane.system;

import com.fasterxml.jackson.databind.JsonNode;
import dev.controlplane.system.history.Event.Logged;
import dev.controlplane.system.history.Kind;
import dev.controlplane.system.history.Recorder;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** Copies the log, as {@code GET /updates} tells it, into the history. */
final class TrueLog {
  private final Cluster cluster;
  private final Recorder recorder;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, String> latest = new HashMap<>();
  private long head;

  TrueLog(Cluster cluster, Recorder recorder) {
    this.cluster = cluster;
    this.recorder = recorder;
  }

  /**
   * Reads to the end of the log, unless the server goes away, or is not ready yet.
   *
   * @return the newest revision read
   */
  long read() {
    lock.lock();
    try {
      while (true) {
        HttpResponse<String> response =
            Cluster.get(cluster.grpcHttpUrl() + "/updates?limit=1000&after=" + head);
        if (response.statusCode() == 503) {
          return head;
        }
        if (response.statusCode() != 200) {
          throw new AssertionError(response + ": " + response.body());
        }
        JsonNode answer = Cluster.json(response);
        answer.path("updates").forEach(this::add);
        if (answer.path("next").isNull() || answer.path("updates").isEmpty()) {
          return head;
        }
      }
    } catch (UncheckedIOException e) {
      return head;
    } finally {
      lock.unlock();
    }
  }

  private void add(JsonNode update) {
    Kind kind = Kind.valueOf(update.path("kind").asText().toUpperCase(Locale.ROOT));
    String worker = update.path("worker_name").asText();
    String version = update.path("version").asText();
    String now = update.path("latest").isNull() ? "" : update.path("latest").asText();
    String before = latest.put(worker, now);
    head = update.path("revision").asLong();
    recorder.record(
        new Logged(
            head,
            kind,
            worker,
            version,
            update.path("checksum").asText(),
            update.path("size").asLong(),
            Instant.parse(update.path("timestamp").asText()).getEpochSecond(),
            kind == Kind.DELETED && version.equals(before) ? now : ""));
  }
}
