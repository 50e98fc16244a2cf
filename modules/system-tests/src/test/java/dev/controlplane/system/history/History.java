package dev.controlplane.system.history;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
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
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What happened in a run, as those outside the servers saw it, and the true log. */
public final class History {
  /** A message, and where it is in its session. */
  record Place(Session session, int index) {
    Received message() {
      return session.messages().get(index);
    }
  }

  /** A stream that was opened with a resume token. */
  record Resumed(Stream stream, Optional<Place> place) {}

  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<Event> events;
  private final Map<Integer, Stream> streams = new LinkedHashMap<>();
  private final List<Written> writes = new ArrayList<>();
  private final List<Compacted> compactions = new ArrayList<>();
  private final List<Session> sessions = new ArrayList<>();
  private final List<Resumed> resumed = new ArrayList<>();
  private final List<Session> newest = new ArrayList<>();
  private final List<Stream> silent = new ArrayList<>();
  private final Log log;
  private boolean settled;
  private final List<Restored> restores = new ArrayList<>();
  private final List<Starved> starvations = new ArrayList<>();

  /** Of events in the order in which they were recorded. */
  public History(Collection<Event> events) {
    this.events = List.copyOf(events);
    List<Logged> logged = new ArrayList<>();
    for (Event event : this.events) {
      switch (event) {
        case Opened opened -> streams.put(opened.stream(), new Stream(opened));
        case Subscribed headers -> streams.get(headers.stream()).subscribed(headers.at());
        case Received message -> streams.get(message.stream()).received(message);
        case Closed _ -> {}
        case Written written -> writes.add(written);
        case Compacted compacted -> compactions.add(compacted);
        case Restored backup -> restores.add(backup);
        case Starved starved -> starvations.add(starved);
        case Logged update -> logged.add(update);
        case Settled _ -> settled = true;
      }
    }
    log = new Log(logged);
    Map<String, Map<String, Place>> tokens = new HashMap<>();
    Map<String, Stream> last = new HashMap<>();
    streams.values().forEach(stream -> last.put(stream.consumer(), stream));
    for (Stream stream : streams.values()) {
      join(
          stream,
          last.get(stream.consumer()) == stream,
          tokens.computeIfAbsent(stream.consumer(), consumer -> new HashMap<>()));
    }
  }

  /** Makes a stream part of a session: the one that its token is from, or one of its own. */
  private void join(Stream stream, boolean last, Map<String, Place> tokens) {
    Optional<Place> place = Optional.ofNullable(tokens.get(stream.request().token()));
    if (!stream.request().token().isEmpty()) {
      resumed.add(new Resumed(stream, place));
    }
    if (stream.messages().isEmpty() && !(last && place.isPresent())) {
      if (last) {
        silent.add(stream);
      }
      // Whatever comes next goes on from where this one would have.
      return;
    }
    Session session = null;
    if (stream.messages().isEmpty() || stream.messages().getFirst().kind() != Kind.RESYNC) {
      session = place.map(at -> at.session().after(at.index())).orElseGet(() -> Session.of(stream));
      sessions.add(session);
    }
    for (Received message : stream.messages()) {
      if (message.kind() == Kind.RESYNC) {
        session = session == null ? Session.resynced(stream) : Session.resyncedLater(stream);
        sessions.add(session);
      }
      session.add(message);
      if (!message.token().isEmpty()) {
        tokens.put(message.token(), new Place(session, session.messages().size() - 1));
      }
    }
    if (last) {
      newest.add(session);
    }
  }

  /** This history as one for each log that there was: one more than backups were restored. */
  Eras eras() {
    return new Eras(events);
  }

  Log log() {
    return log;
  }

  Collection<Stream> streams() {
    return streams.values();
  }

  /** The sessions, but those that another is the continuation of. */
  List<Session> sessions() {
    return sessions.stream().filter(session -> !session.continued()).toList();
  }

  /** The session of each consumer's last stream, where it was told anything. */
  List<Session> newest() {
    return newest;
  }

  /** The last stream of each consumer that was told nothing in it, nor before its token. */
  List<Stream> silent() {
    return silent;
  }

  List<Resumed> resumed() {
    return resumed;
  }

  List<Written> writes() {
    return writes;
  }

  List<Compacted> compactions() {
    return compactions;
  }

  /**
   * Whether a stream that was opened at a time must know of a compaction. After a restore, until
   * upload-server gives the restored log a name of its own, a stream of the log before may be
   * served from the backup: it has only the compactions that were made before it.
   */
  boolean isKnown(Compacted compaction, long opened) {
    return compaction.ended() < opened
        && restores.stream()
            .noneMatch(backup -> backup.at() < opened && compaction.began() > backup.backedUp());
  }

  /**
   * Whether a server may have been unable to read the code of an update when it made its message. A
   * message is made once for many streams, so it may come long after, but not of an update that was
   * written after.
   */
  boolean mayLackCode(Received message) {
    return starvations.stream()
        .anyMatch(
            starved ->
                message.at() >= starved.began()
                    && writtenAfter(message.revision()) <= starved.ended());
  }

  /** A time before which an update was not in the log. */
  private long writtenAfter(long revision) {
    return writes.stream()
        .filter(written -> written.acknowledged() && written.revision() <= revision)
        .mapToLong(Written::began)
        .max()
        .orElse(0);
  }

  /** Whether each consumer was given all the time it needs in the end. */
  boolean settled() {
    return settled;
  }

  /** How many messages of a kind there are. */
  public long count(Kind kind) {
    return streams.values().stream()
        .flatMap(stream -> stream.messages().stream())
        .filter(message -> message.kind() == kind)
        .count();
  }

  /** How much there is to judge. */
  public String summary() {
    return "%d updates, %d streams of which %d resumed, %d messages, %d compactions, %d restores"
        .formatted(
            log.head(),
            streams.size(),
            resumed.size(),
            streams.values().stream().mapToLong(stream -> stream.messages().size()).sum(),
            compactions.size(),
            restores.size());
  }

  /** Writes it as lines of JSON. */
  public void save(Path file) {
    ObjectWriter writer = JSON.writerFor(Event.class);
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      try (BufferedWriter out = Files.newBufferedWriter(file)) {
        for (Event event : events) {
          out.write(writer.writeValueAsString(event));
          out.newLine();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads what {@link #save} has written. */
  public static History load(Path file) {
    ObjectReader reader = JSON.readerFor(Event.class);
    List<Event> events = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(file)) {
        events.add(reader.readValue(line));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new History(events);
  }
}
