package dev.controlplane.system.guarantees;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.history.Event.Logged;
import dev.controlplane.system.history.Kind;
import dev.controlplane.system.history.Recorder;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** Copies the log, as {@code GET /updates} tells it, into the history. */
final class TrueLog {
  private final Cluster cluster;
  private final Recorder recorder;
  private final ReentrantLock lock = new ReentrantLock();
  private final List<Entry> entries = new ArrayList<>();
  private final Map<String, String> latest = new HashMap<>();

  /** An update, and which version of its worker is the latest then; empty for none. */
  private record Entry(Logged update, String latest) {}

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
      var _ = readToEnd();
      return entries.size();
    } finally {
      lock.unlock();
    }
  }

  /** As {@link #read}; whether the end was reached. */
  boolean readToEnd() {
    lock.lock();
    try {
      while (true) {
        JsonNode answer = page(entries.size());
        if (answer.isMissingNode()) {
          return false;
        }
        for (JsonNode update : answer.path("updates")) {
          Entry entry = entry(update);
          add(entry);
          recorder.record(entry.update());
        }
        if (answer.path("next").isNull() || answer.path("updates").isEmpty()) {
          return true;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** The updates after a revision; missing while the server is not there, or not ready. */
  private JsonNode page(long after) {
    try {
      HttpResponse<String> response =
          Cluster.get(cluster.grpcHttpUrl() + "/updates?limit=1000&after=" + after);
      if (response.statusCode() == 503) {
        return MissingNode.getInstance();
      }
      if (response.statusCode() != 200) {
        throw new AssertionError(response + ": " + response.body());
      }
      return Cluster.json(response);
    } catch (UncheckedIOException e) {
      return MissingNode.getInstance();
    }
  }

  private Entry entry(JsonNode update) {
    Kind kind = Kind.valueOf(update.path("kind").asText().toUpperCase(Locale.ROOT));
    String worker = update.path("worker_name").asText();
    String version = update.path("version").asText();
    String now = update.path("latest").isNull() ? "" : update.path("latest").asText();
    return new Entry(
        new Logged(
            update.path("revision").asLong(),
            kind,
            worker,
            version,
            update.path("checksum").asText(),
            update.path("size").asLong(),
            Instant.parse(update.path("timestamp").asText()).getEpochSecond(),
            kind == Kind.DELETED && version.equals(latest.get(worker)) ? now : ""),
        now);
  }

  private void add(Entry entry) {
    entries.add(entry);
    latest.put(entry.update().worker(), entry.latest());
  }

  /**
   * Goes on with a log that was restored: it has what was read up to a revision, or this fails.
   *
   * @return whether the server is there and has told of that log
   */
  boolean restored(long revision) {
    lock.lock();
    try {
      JsonNode answer = page(revision);
      if (answer.isMissingNode() || answer.path("head").asLong() != revision) {
        return false;
      }
      JsonNode told = page(answer.path("compacted").asLong());
      for (JsonNode update : told.path("updates")) {
        long at = update.path("revision").asLong();
        Logged before = entries.get((int) at - 1).update();
        if (!before.checksum().equals(update.path("checksum").asText())
            || !before.worker().equals(update.path("worker_name").asText())
            || !before.version().equals(update.path("version").asText())) {
          throw new AssertionError("restored: " + update + "; before the backup: " + before);
        }
      }
      List<Entry> kept = List.copyOf(entries.subList(0, (int) revision));
      entries.clear();
      latest.clear();
      kept.forEach(this::add);
      return true;
    } finally {
      lock.unlock();
    }
  }
}
