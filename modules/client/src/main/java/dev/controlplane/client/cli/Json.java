package dev.controlplane.client.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.controlplane.client.answers.Change;
import dev.controlplane.client.answers.ConsumerInfo;
import dev.controlplane.client.answers.ConsumerStatus;
import dev.controlplane.client.answers.LoggedUpdate;
import dev.controlplane.client.answers.VersionInfo;
import dev.controlplane.client.stream.Update;

/** Converts results to JSON, with the field names of the servers' own JSON and protocol. */
public final class Json {
  private Json() {}

  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  public static ObjectNode of(VersionInfo info) {
    return object()
        .put("filename", info.worker())
        .put("version", info.version())
        .put("checksum", info.checksum())
        .put("filepath", info.filePath())
        .put("uploaded_at", info.uploadedAt())
        .put("size", info.size());
  }

  public static ObjectNode of(String worker, String version, Change change) {
    return object()
        .put("success", true)
        .put("message", change.message())
        .put("filename", worker)
        .put("version", version)
        .put("changed", change.changed())
        .put("revision", change.revision());
  }

  static ObjectNode of(ConsumerInfo consumer) {
    return object()
        .put("consumer_id", consumer.consumerId())
        .put("endpoint", consumer.endpoint())
        .put("connected", consumer.connected())
        .put("streams", consumer.streams())
        .put("last_seen", orNull(consumer.lastSeen()))
        .put("last_revision", consumer.lastRevision());
  }

  static ObjectNode of(ConsumerStatus row) {
    return object()
        .put("consumer_id", row.consumerId())
        .put("worker_name", row.worker())
        .put("desired", orNull(row.desired()))
        .put("acknowledged", orNull(row.acknowledged()))
        .put("active", orNull(row.active()))
        .put("rejected", orNull(row.rejected()))
        .put("code", orNull(row.code()))
        .put("message", orNull(row.message()))
        .put("state", orNull(row.state()))
        .put("lag_revisions", row.lagRevisions())
        .put("lag_seconds", row.lagSeconds())
        .put("delivered_revision", row.deliveredRevision())
        .put("delivered", row.delivered())
        .put("deletion", orNull(row.deletion()))
        .put("last_seen", orNull(row.lastSeen()));
  }

  public static ObjectNode of(LoggedUpdate update) {
    return object()
        .put("revision", update.revision())
        .put("kind", update.kind())
        .put("worker_name", update.worker())
        .put("version", update.version())
        .put("checksum", update.checksum())
        .put("size", update.size())
        .put("timestamp", update.committedAt().toString())
        .put("latest", orNull(update.latest()))
        .put("consumer_id", orNull(update.consumerId()));
  }

  /** Returns null for an empty text. */
  public static String orNull(String text) {
    return text.isEmpty() ? null : text;
  }

  public static ObjectNode of(Update update) {
    return object()
        .put("revision", update.revision())
        .put("kind", update.kind().name())
        .put("worker_name", update.worker())
        .put("version", update.version())
        .put("checksum", update.checksum())
        .put("size", update.size())
        .put("file_path", update.filePath())
        .put("timestamp", update.committedAt().getEpochSecond())
        .put("inline", update.inline());
  }
}
