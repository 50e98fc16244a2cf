package dev.controlplane.system.history;

import dev.controlplane.system.history.Event.Closed;
import dev.controlplane.system.history.Event.Compacted;
import dev.controlplane.system.history.Event.Logged;
import dev.controlplane.system.history.Event.Opened;
import dev.controlplane.system.history.Event.Received;
import dev.controlplane.system.history.Event.Restored;
import dev.controlplane.system.history.Event.Settled;
import dev.controlplane.system.history.Event.Starved;
import dev.controlplane.system.history.Event.Subscribed;
import dev.controlplane.system.history.Event.Written;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A history made by hand. Each step happens after the one before it. A token says what its message
 * said.
 */
final class Story {
  private final List<Event> events = new ArrayList<>();
  private final List<Logged> log = new ArrayList<>();
  private long clock;
  private int streams;
  private int restores;

  static Request request(String... workers) {
    return new Request(Set.of(workers), "", false, Map.of(), false, true);
  }

  static Request snapshot(String... workers) {
    return new Request(Set.of(workers), "", true, Map.of(), false, true);
  }

  static Request held(Map<String, Request.Holding> held) {
    return new Request(Set.of(), "", false, held, false, true);
  }

  static Request.Holding holding(String worker, String version) {
    return new Request.Holding(version, bytes(worker, version));
  }

  static Request latest(Request request) {
    return new Request(
        request.workers(),
        request.token(),
        request.snapshot(),
        request.held(),
        true,
        request.bookmarks());
  }

  /** With a token of the first log that says something. */
  static Request resume(Request request, String token) {
    return new Request(
        request.workers(),
        token(0, token),
        request.snapshot(),
        request.held(),
        request.latest(),
        request.bookmarks());
  }

  private static String bytes(String worker, String version) {
    return "sha256 of " + worker + ' ' + version;
  }

  private long tick() {
    return ++clock;
  }

  /** Writes, is answered, and is in the log. */
  Story write(Kind kind, String worker, String version) {
    return write(kind, worker, version, "");
  }

  /**
   * As {@link #write(Kind, String, String)}, of a deletion that left another version the latest.
   */
  Story write(Kind kind, String worker, String version, String latest) {
    logged(kind, worker, version, latest);
    return answered(kind, worker, version, log.size());
  }

  /** An update that is in the log; whether somebody wrote it is another matter. */
  Story logged(Kind kind, String worker, String version, String latest) {
    Logged update =
        new Logged(
            log.size() + 1L,
            kind,
            worker,
            version,
            bytes(worker, version),
            10,
            1_000 + log.size(),
            latest);
    log.add(update);
    events.add(update);
    return this;
  }

  Story answered(Kind kind, String worker, String version, long revision) {
    events.add(
        new Written(tick(), tick(), kind, worker, version, bytes(worker, version), 10, revision));
    return this;
  }

  /** Puts a backup in the place of the log that was made of it at this revision. */
  Story restored(long backedUp, long revision) {
    events.add(new Restored(tick(), backedUp, revision));
    log.subList((int) revision, log.size()).clear();
    restores++;
    return this;
  }

  /** Tells with the tokens of the log before the restore. */
  Story before(Runnable tell) {
    restores--;
    tell.run();
    restores++;
    return this;
  }

  /** Now; nothing happens at this time. */
  long now() {
    return tick();
  }

  /** A token that says something, as one of the log that there is now. */
  String token(String text) {
    return token(restores, text);
  }

  private static String token(int restores, String text) {
    byte[] name = new byte[25];
    name[24] = (byte) restores;
    ByteBuffer token = ByteBuffer.allocate(25 + text.length());
    token.put(name).put(text.getBytes(StandardCharsets.US_ASCII));
    return Base64.getUrlEncoder().withoutPadding().encodeToString(token.array());
  }

  Story compacted(long revision) {
    events.add(new Compacted(tick(), tick(), revision));
    return this;
  }

  /** A server is without file descriptors for a while. */
  Story starved() {
    events.add(new Starved(tick(), tick()));
    return this;
  }

  int open(String consumer, Request request) {
    events.add(new Opened(tick(), ++streams, consumer, request));
    events.add(new Subscribed(tick(), streams));
    return streams;
  }

  /** Tells of updates as the log has them. */
  Story tell(int stream, long... revisions) {
    for (long revision : revisions) {
      tell(stream, log.get((int) revision - 1), "after " + revision);
    }
    return this;
  }

  /** Tells of an item of a snapshot: an update of the log. */
  Story item(int stream, long revision) {
    Logged update = log.get((int) revision - 1);
    return tell(stream, update, "in snapshot after " + update.worker());
  }

  /** Tells of an update as if it were this one. */
  Story tell(int stream, Logged update, String token) {
    boolean deleted = update.kind() == Kind.DELETED;
    events.add(
        new Received(
            tick(),
            stream,
            update.kind(),
            update.revision(),
            update.worker(),
            update.version(),
            update.checksum(),
            update.size(),
            update.timestamp(),
            deleted ? "" : "/file",
            deleted ? 0 : update.size(),
            deleted ? "" : update.checksum(),
            update.message(),
            token(token)));
    return this;
  }

  Logged update(long revision) {
    return log.get((int) revision - 1);
  }

  /** Tells of an update with code that is not its own. */
  Story torn(int stream, long revision) {
    return code(stream, revision, update(revision).size() / 2, "sha256 of a half");
  }

  /** Tells of an update with a path only. */
  Story withoutCode(int stream, long revision) {
    return code(stream, revision, 0, "");
  }

  private Story code(int stream, long revision, long length, String checksum) {
    Logged update = update(revision);
    events.add(
        new Received(
            tick(),
            stream,
            update.kind(),
            revision,
            update.worker(),
            update.version(),
            update.checksum(),
            update.size(),
            update.timestamp(),
            "/file",
            length,
            checksum,
            "",
            token("after " + revision)));
    return this;
  }

  Story control(int stream, Kind kind, long revision) {
    events.add(
        new Received(
            tick(),
            stream,
            kind,
            revision,
            "",
            "",
            "",
            0,
            0,
            "",
            0,
            "",
            kind == Kind.RESYNC ? "why" : "",
            token("after " + revision)));
    return this;
  }

  Story close(int stream) {
    events.add(new Closed(tick(), stream, "UNAVAILABLE", ""));
    return this;
  }

  Story settled() {
    events.add(new Settled(tick()));
    return this;
  }

  History history() {
    return new History(events);
  }

  /** Names of the guarantees that are broken. */
  Set<String> broken() {
    return Set.copyOf(Guarantee.judge(history()).stream().map(Violation::guarantee).toList());
  }
}
