package dev.controlplane.system.history;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** One line of a history. Times are nanoseconds since its beginning, by one clock. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "event")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Event.Opened.class, name = "opened"),
  @JsonSubTypes.Type(value = Event.Subscribed.class, name = "subscribed"),
  @JsonSubTypes.Type(value = Event.Received.class, name = "received"),
  @JsonSubTypes.Type(value = Event.Closed.class, name = "closed"),
  @JsonSubTypes.Type(value = Event.Written.class, name = "written"),
  @JsonSubTypes.Type(value = Event.Compacted.class, name = "compacted"),
  @JsonSubTypes.Type(value = Event.Restored.class, name = "restored"),
  @JsonSubTypes.Type(value = Event.Starved.class, name = "starved"),
  @JsonSubTypes.Type(value = Event.Logged.class, name = "logged"),
  @JsonSubTypes.Type(value = Event.Settled.class, name = "settled"),
})
public sealed interface Event {
  /**
   * A consumer opens a stream.
   *
   * @param stream number of the stream, unique in the history
   */
  record Opened(long at, int stream, String consumer, Request request) implements Event {}

  /** The response headers of a stream have come. */
  record Subscribed(long at, int stream) implements Event {}

  /**
   * A message has come; fields as on the wire.
   *
   * @param codeLength how many bytes of code it carried
   * @param codeChecksum hex SHA-256 of them; empty without code
   */
  record Received(
      long at,
      int stream,
      Kind kind,
      long revision,
      String worker,
      String version,
      String checksum,
      long size,
      long timestamp,
      String path,
      long codeLength,
      String codeChecksum,
      String message,
      String token)
      implements Event {}

  /** A stream has ended, or its consumer has left it: nothing of it counts from here on. */
  record Closed(long at, int stream, String status, String description) implements Event {}

  /**
   * Somebody has written.
   *
   * @param began when its first attempt began
   * @param ended when it was answered, or given up
   * @param revision the answer's; 0 if it was not acknowledged: it may have been done or not
   */
  record Written(
      long began,
      long ended,
      Kind kind,
      String worker,
      String version,
      String checksum,
      long size,
      long revision)
      implements Event {
    boolean acknowledged() {
      return revision > 0;
    }
  }

  /**
   * The log was compacted.
   *
   * @param ended when it was answered; {@link Long#MAX_VALUE} if it was not
   * @param revision up to where it was asked for
   */
  record Compacted(long began, long ended, long revision) implements Event {}

  /**
   * A backup was put in the place of the log; nobody was writing, nor when it was made.
   *
   * @param backedUp when the backup was made
   * @param revision how far the backup goes
   */
  record Restored(long at, long backedUp, long revision) implements Event {}

  /** A server was without file descriptors: it could not read every blob. */
  record Starved(long began, long ended) implements Event {}

  /**
   * An entry of the true log.
   *
   * @param message of a deletion: the version that became the latest by it; else empty
   */
  record Logged(
      long revision,
      Kind kind,
      String worker,
      String version,
      String checksum,
      long size,
      long timestamp,
      String message)
      implements Event {}

  /** Nothing was written or broken any more, and each consumer was given all the time it needs. */
  record Settled(long at) implements Event {}
}
