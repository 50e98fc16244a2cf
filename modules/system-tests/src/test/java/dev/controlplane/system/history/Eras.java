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
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A history in which backups were restored, as one history for each log. Each restored log begins
 * with what the backup had, and is judged by itself: what consumers were told of one log says
 * nothing of another. A resume token of another log is one that was never given.
 *
 * <p>A message belongs to the log that its resume token names. That name is the only thing that the
 * tests read in a token. A log's name is first seen after the restore that made it.
 *
 * <p>Until upload-server opens a restored log and gives it a new name, grpc-server may find it
 * under the name of the log before: an interlude, in which nobody can write. It is a history of its
 * own, too.
 */
final class Eras {
  /** Of a token: 1 byte of form, then 16 of the log's id and 8 of its epoch. */
  private static final int NAME_FROM = 1;

  private static final int NAME_TO = NAME_FROM + 16 + 8;

  /** What one stream has in one era. */
  private static final class Part {
    private final Opened opened;
    private Subscribed subscribed;
    private int era = -1;

    Part(Opened opened) {
      this.opened = opened;
    }
  }

  /** A token, and to whom it was given: the same place has the same token in each stream. */
  private record Given(String consumer, String token) {}

  /** First a log, then for each restore an interlude and the next log. */
  private final List<List<Event>> eras = new ArrayList<>();

  private final Map<String, Integer> byLog = new HashMap<>();
  private final Map<Integer, Part> streams = new LinkedHashMap<>();
  private final List<String> crossed = new ArrayList<>();
  private final Set<Given> tokensOfInterludes = new HashSet<>();
  private long restored;

  Eras(List<Event> events) {
    eras.add(new ArrayList<>());
    events.forEach(this::add);
    streams.values().forEach(this::close);
    if (events.stream().anyMatch(Settled.class::isInstance)) {
      requireNewest();
    }
  }

  private void requireNewest() {
    Map<String, Part> last = new TreeMap<>();
    streams.values().forEach(part -> last.put(part.opened.consumer(), part));
    last.forEach(
        (consumer, part) -> {
          if (part.era < eras.size() - 1) {
            crossed.add(consumer + " follows a log to the end that was replaced");
          }
        });
  }

  /** Which log a token is of; empty if it tells none. */
  static String logOf(String token) {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(token);
      return bytes.length < NAME_TO ? "" : HexFormat.of().formatHex(bytes, NAME_FROM, NAME_TO);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  /** The events of each log, and of each interlude, in their order. */
  List<List<Event>> events() {
    return eras;
  }

  /** Streams that told of a log without saying that it is another, or that was no more. */
  List<String> crossed() {
    return crossed;
  }

  private List<Event> newest() {
    return eras.getLast();
  }

  private void add(Event event) {
    switch (event) {
      case Restored backup -> restore(backup);
      case Opened opened -> streams.put(opened.stream(), new Part(opened));
      case Subscribed headers -> streams.get(headers.stream()).subscribed = headers;
      case Received message -> receive(message);
      case Closed closed -> close(streams.get(closed.stream()));
      case Written _, Compacted _, Starved _, Logged _, Settled _ -> newest().add(event);
    }
  }

  private void restore(Restored backup) {
    List<Event> kept = kept(backup);
    newest().add(backup);
    eras.add(new ArrayList<>(kept));
    eras.add(new ArrayList<>(kept));
    restored = backup.revision();
  }

  /** What a backup has of the log that it was made of, which is the newest. */
  private List<Event> kept(Restored backup) {
    return newest().stream()
        .filter(
            event ->
                switch (event) {
                  case Written written -> written.ended() <= backup.backedUp();
                  case Compacted compacted -> compacted.began() <= backup.backedUp();
                  case Starved _ -> true;
                  case Logged update -> update.revision() <= backup.revision();
                  default -> false;
                })
        .toList();
  }

  private void receive(Received message) {
    int era = byLog.computeIfAbsent(logOf(message.token()), log -> eras.size() - 1);
    Part part = streams.get(message.stream());
    int interlude = eras.size() - 2;
    if (era == interlude - 1 && isOfInterlude(message, part, interlude)) {
      tokensOfInterludes.add(new Given(part.opened.consumer(), message.token()));
      era = interlude;
    }
    if (part.era != era) {
      if (part.era >= 0 && message.kind() != Kind.RESYNC) {
        crossed.add(
            "stream %d goes on with %s %d of another log"
                .formatted(message.stream(), message.kind(), message.revision()));
      }
      begin(part, era);
    }
    eras.get(era).add(message);
  }

  /** Whether a message that has the name of the log before a restore tells of the log after it. */
  private boolean isOfInterlude(Received message, Part part, int interlude) {
    return part.era == interlude
        || (message.kind() == Kind.RESYNC && message.revision() <= restored)
        || tokensOfInterludes.contains(
            new Given(part.opened.consumer(), part.opened.request().token()));
  }

  private void begin(Part part, int era) {
    part.era = era;
    eras.get(era).add(part.opened);
    if (part.subscribed != null) {
      eras.get(era).add(part.subscribed);
    }
  }

  /** One that was told nothing is of the log that was there in the end. */
  private void close(Part part) {
    if (part.era < 0) {
      begin(part, eras.size() - 1);
    }
  }
}
