package dev.controlplane.system.history;

import dev.controlplane.system.history.Event.Received;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a consumer was told from a start on, streams joined at resume tokens: as one stream that was
 * never cut would have told it. A stream that goes on after an earlier token than the last makes
 * another session, of the messages up to that token and its own.
 */
final class Session {
  /** How it starts. */
  enum Start {
    /** With what is committed from now on. */
    NOW,
    /** With a snapshot. */
    SNAPSHOT,
    /** With the differences to what the consumer holds. */
    HELD
  }

  private final Stream first;
  private final Start start;
  private final boolean resynced;
  private final List<Received> messages;
  private boolean continued;
  private int synced = -1;

  private Session(Stream first, Start start, boolean resynced) {
    this.first = first;
    this.start = start;
    this.resynced = resynced;
    this.messages = new ArrayList<>();
  }

  /** One that begins as its stream's request says. */
  static Session of(Stream stream) {
    Request request = stream.request();
    Start start =
        !request.held().isEmpty() ? Start.HELD : request.snapshot() ? Start.SNAPSHOT : Start.NOW;
    return new Session(stream, start, false);
  }

  /** One that begins because the server answered a token with RESYNC. */
  static Session resynced(Stream stream) {
    Start start = stream.request().held().isEmpty() ? Start.SNAPSHOT : Start.HELD;
    return new Session(stream, start, true);
  }

  /**
   * One that begins because the server said RESYNC later on. What the request held is not what the
   * consumer has any more, so the snapshot need not say what of it is gone. The consumer drops what
   * the snapshot did not contain.
   */
  static Session resyncedLater(Stream stream) {
    return new Session(stream, Start.SNAPSHOT, true);
  }

  /** One that goes on behind a message of this one. */
  Session after(int index) {
    if (index == messages.size() - 1) {
      continued = true;
    }
    Session next = new Session(first, start, resynced);
    messages.subList(0, index + 1).forEach(next::add);
    return next;
  }

  void add(Received message) {
    if (synced < 0 && start != Start.NOW && message.kind() == Kind.SYNCED) {
      synced = messages.size();
    }
    messages.add(message);
  }

  /** Whether another has all its messages. */
  boolean continued() {
    return continued;
  }

  String consumer() {
    return first.consumer();
  }

  /** What it asked for when it started. */
  Request request() {
    return first.request();
  }

  Map<String, Request.Holding> held() {
    return first.request().held();
  }

  Start start() {
    return start;
  }

  boolean resynced() {
    return resynced;
  }

  /** When the headers of the stream came with which it started. */
  long subscribedAt() {
    return first.subscribedAt();
  }

  List<Received> messages() {
    return messages;
  }

  /** For messages about it. */
  String name() {
    return first.name() + (messages.isEmpty() ? "" : " to " + messages.getLast().stream());
  }

  /** Where the snapshot ends; -1 if it did not, or if there is none. */
  int syncedIndex() {
    return synced;
  }

  /** Whether the message of an index is part of the snapshot, its end not included. */
  boolean inSnapshot(int index) {
    return start != Start.NOW && (synced < 0 || index < synced);
  }

  /** The items of the snapshot. */
  List<Received> snapshot() {
    if (start == Start.NOW) {
      return List.of();
    }
    return messages.subList(0, synced < 0 ? messages.size() : synced).stream()
        .filter(message -> message.kind().isUpdate())
        .toList();
  }

  /** What follows the snapshot, or the start. */
  List<Received> followed() {
    if (start == Start.NOW) {
      return messages;
    }
    return synced < 0 ? List.of() : messages.subList(synced + 1, messages.size());
  }

  /** Up to where the start told everything; -1 if the consumer can't know it yet. */
  long base() {
    if (start != Start.NOW) {
      return synced < 0 ? -1 : messages.get(synced).revision();
    }
    for (Received message : messages) {
      if (message.kind().isUpdate()) {
        return message.revision() - 1;
      }
      if (message.kind().isPromise()) {
        return message.revision();
      }
    }
    return -1;
  }

  /** Up to where the consumer was told everything; -1 if it can't know it yet. */
  long told() {
    long told = base();
    for (Received message : followed()) {
      if (message.kind().isUpdate() || message.kind().isPromise()) {
        told = Math.max(told, message.revision());
      }
    }
    return told;
  }
}
