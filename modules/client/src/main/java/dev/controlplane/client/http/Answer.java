package dev.controlplane.client.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.controlplane.client.Server;
import dev.controlplane.client.UnexpectedAnswerException;
import dev.controlplane.client.answers.ConsumerInfo;
import dev.controlplane.client.answers.ConsumerStatus;
import dev.controlplane.client.answers.LoggedUpdate;
import dev.controlplane.client.answers.Page;
import dev.controlplane.client.answers.VersionInfo;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;

/** A server's answer as a JSON object, read field by field. Unknown fields are ignored. */
public final class Answer {
  @FunctionalInterface
  interface Reading<T> {
    T of(Answer answer) throws UnexpectedAnswerException;
  }

  private final Server server;
  private final JsonNode object;

  Answer(Server server, JsonNode object) {
    this.server = server;
    this.object = object;
  }

  public String text(String field) throws UnexpectedAnswerException {
    JsonNode value = object.path(field);
    if (!value.isTextual()) {
      throw lacks(field, "text");
    }
    return value.asText();
  }

  /** Returns the text, or a default if the field is missing or null. */
  String text(String field, String otherwise) {
    return object.path(field).asText(otherwise);
  }

  long number(String field) throws UnexpectedAnswerException {
    JsonNode value = object.path(field);
    if (!value.isIntegralNumber()) {
      throw lacks(field, "whole number");
    }
    return value.asLong();
  }

  boolean flag(String field) throws UnexpectedAnswerException {
    JsonNode value = object.path(field);
    if (!value.isBoolean()) {
      throw lacks(field, "true or false");
    }
    return value.asBoolean();
  }

  /** Returns the flag, or a default if the field is missing. */
  boolean flag(String field, boolean otherwise) {
    return object.path(field).asBoolean(otherwise);
  }

  Answer object(String field) throws UnexpectedAnswerException {
    JsonNode value = object.path(field);
    if (!value.isObject()) {
      throw lacks(field, "object");
    }
    return new Answer(server, value);
  }

  <T> Page<T> page(String field, Reading<T> reading) throws UnexpectedAnswerException {
    JsonNode array = object.path(field);
    if (!array.isArray()) {
      throw lacks(field, "array");
    }
    List<T> items = new ArrayList<>(array.size());
    for (JsonNode element : array) {
      items.add(reading.of(new Answer(server, element)));
    }
    return new Page<>(items, object.path("next").asText(null));
  }

  VersionInfo versionInfo() throws UnexpectedAnswerException {
    return new VersionInfo(
        text("filename"),
        text("version"),
        text("checksum"),
        text("filepath"),
        text("uploaded_at"),
        number("size"));
  }

  ConsumerInfo consumerInfo() throws UnexpectedAnswerException {
    return new ConsumerInfo(
        text("consumer_id"),
        text("endpoint", ""),
        flag("connected"),
        (int) number("streams"),
        text("last_seen", ""),
        object.path("last_revision").asLong());
  }

  ConsumerStatus consumerStatus() throws UnexpectedAnswerException {
    return new ConsumerStatus(
        text("consumer_id"),
        text("worker_name"),
        text("desired", ""),
        text("acknowledged", ""),
        text("active", ""),
        text("rejected", ""),
        text("code", ""),
        text("message", ""),
        text("state", ""),
        number("lag_revisions"),
        number("lag_seconds"),
        object.path("delivered_revision").asLong(),
        flag("delivered", false),
        text("deletion", ""),
        text("last_seen", ""));
  }

  LoggedUpdate loggedUpdate() throws UnexpectedAnswerException {
    return new LoggedUpdate(
        number("revision"),
        text("kind"),
        text("worker_name"),
        text("version"),
        text("checksum", ""),
        number("size"),
        instant("timestamp"),
        text("latest", ""),
        text("consumer_id", ""));
  }

  List<String> texts(String field) {
    List<String> texts = new ArrayList<>();
    object.path(field).forEach(text -> texts.add(text.asText()));
    return texts;
  }

  private Instant instant(String field) throws UnexpectedAnswerException {
    try {
      return Instant.parse(text(field));
    } catch (DateTimeParseException e) {
      throw lacks(field, "time as in RFC 3339");
    }
  }

  private UnexpectedAnswerException lacks(String field, String type) {
    return new UnexpectedAnswerException(
        server,
        "the answer has no field \"%s\" (%s): is this the %s?".formatted(field, type, server),
        null);
  }
}
