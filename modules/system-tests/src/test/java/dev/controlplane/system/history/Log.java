package dev.controlplane.system.history;

import dev.controlplane.system.history.Event.Logged;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The true log, and what follows from it: which version is the latest of each worker after each
 * update. It is computed here from the updates alone, by the rules that the documents give, so that
 * the servers' own idea of it is judged too.
 */
public final class Log {
  /** An update, and how its worker stood after it. */
  record Entry(Logged update, Standing after) {
    long revision() {
      return update.revision();
    }

    /** Whether it changed which version is the latest, or took the last one. */
    boolean movedLatest() {
      return after.revision() == revision();
    }
  }

  /** The versions of a worker that are not deleted, by the revision that published them. */
  private static final class Worker {
    private final NavigableMap<Long, Logged> live = new TreeMap<>();
    private final NavigableMap<Long, Entry> entries = new TreeMap<>();

    Optional<Logged> live(String version) {
      return live.values().stream().filter(one -> one.version().equals(version)).findFirst();
    }

    Standing standing() {
      return entries.isEmpty() ? null : entries.lastEntry().getValue().after();
    }
  }

  private final NavigableMap<Long, Entry> entries = new TreeMap<>();
  private final Map<String, Worker> workers = new HashMap<>();
  private final Map<String, Map<String, String>> checksums = new HashMap<>();
  private final List<String> faults = new ArrayList<>();

  Log(Collection<Logged> updates) {
    updates.forEach(this::add);
  }

  private void add(Logged update) {
    if (update.revision() != head() + 1) {
      faults.add("revision " + update.revision() + " comes after " + head());
    }
    Worker worker = workers.computeIfAbsent(update.worker(), name -> new Worker());
    Standing before = worker.standing();
    Standing after =
        switch (update.kind()) {
          case PUBLISHED -> {
            checkBytes(update);
            worker.live.values().removeIf(one -> one.version().equals(update.version()));
            worker.live.put(update.revision(), update);
            yield standing(update, Kind.PUBLISHED, update);
          }
          case ROLLED_BACK -> {
            if (worker.live(update.version()).isEmpty()) {
              faults.add(update + " goes back to a version that is not there");
            }
            yield standing(update, Kind.ROLLED_BACK, update);
          }
          case DELETED -> deleted(worker, before, update);
          default -> throw new IllegalArgumentException("no entry of a log: " + update);
        };
    Entry entry = new Entry(update, after);
    entries.put(update.revision(), entry);
    worker.entries.put(update.revision(), entry);
  }

  private void checkBytes(Logged update) {
    String known =
        checksums
            .computeIfAbsent(update.worker(), name -> new HashMap<>())
            .putIfAbsent(update.version(), update.checksum());
    if (known != null && !known.equals(update.checksum())) {
      faults.add(update + " has other bytes than before: " + known);
    }
  }

  private Standing deleted(Worker worker, Standing before, Logged update) {
    Optional<Logged> target = worker.live(update.version());
    if (target.isEmpty()) {
      faults.add(update + " deletes a version that is not there");
    }
    worker.live.values().removeIf(one -> one.version().equals(update.version()));
    boolean wasLatest = before == null || before.version().equals(update.version());
    Standing after;
    if (!wasLatest) {
      after = before;
    } else if (worker.live.isEmpty()) {
      after = standing(update, Kind.DELETED, update);
    } else {
      after = standing(update, Kind.ROLLED_BACK, worker.live.lastEntry().getValue());
    }
    String message = wasLatest && !after.gone() ? after.version() : "";
    if (!message.equals(update.message())) {
      faults.add(update + " has to say that the latest is now \"" + message + '"');
    }
    return after;
  }

  /** A version as an update made it the latest, or took it as the last. */
  private static Standing standing(Logged by, Kind kind, Logged version) {
    return new Standing(
        by.revision(),
        kind,
        version.worker(),
        version.version(),
        version.checksum(),
        version.size(),
        by.timestamp());
  }

  /** What is wrong with the log itself. */
  List<String> faults() {
    return faults;
  }

  /** Revision of the newest update; 0 for an empty log. */
  long head() {
    return entries.isEmpty() ? 0 : entries.lastKey();
  }

  Optional<Entry> at(long revision) {
    return Optional.ofNullable(entries.get(revision));
  }

  /** Updates above {@code after} up to {@code last}, in order, that a request wants. */
  List<Entry> wanted(Request request, long after, long last) {
    return last <= after
        ? List.of()
        : entries.subMap(after, false, last, true).values().stream()
            .filter(entry -> request.wants(entry.update().worker()))
            .toList();
  }

  /** Whether an update is superseded: a later one of its worker has moved the latest version. */
  boolean superseded(Entry entry) {
    return workers
        .get(entry.update().worker())
        .entries
        .tailMap(entry.revision(), false)
        .values()
        .stream()
        .anyMatch(Entry::movedLatest);
  }

  /** How a worker stood at a revision; empty if there was none such yet. */
  Optional<Standing> standing(String worker, long revision) {
    Worker known = workers.get(worker);
    return known == null
        ? Optional.empty()
        : Optional.ofNullable(known.entries.floorEntry(revision))
            .map(entry -> entry.getValue().after());
  }

  /** The bytes that a version has, or had. */
  Optional<String> checksum(String worker, String version) {
    return Optional.ofNullable(checksums.getOrDefault(worker, Map.of()).get(version));
  }

  /** Whether a version is deleted by any update. */
  boolean everDeleted(String worker, String version) {
    Worker known = workers.get(worker);
    return known != null
        && known.entries.values().stream()
            .map(Entry::update)
            .anyMatch(one -> one.kind() == Kind.DELETED && one.version().equals(version));
  }

  Set<String> workers() {
    return workers.keySet();
  }
}
