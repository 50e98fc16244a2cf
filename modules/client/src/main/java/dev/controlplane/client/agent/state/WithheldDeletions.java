package dev.controlplane.client.agent.state;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * The deletions that an agent withholds, and the log that it follows. Both are on disk before
 * anything that depends on them happens, so that a restarted agent knows them. Thread-safe.
 */
public final class WithheldDeletions {
  /** A snapshot may always delete up to this many workers. */
  private static final int FEW = 3;

  /** The most names in a message; beyond it only the number is given. */
  private static final int MOST_NAMES = 20;

  /**
   * What is on disk.
   *
   * @param log the log that the agent follows; empty if unknown
   * @param withheld the withheld deletions
   */
  public record Kept(String log, List<Withheld> withheld) {
    static final Kept NOTHING = new Kept("", List.of());

    public Kept {
      log = log == null ? "" : log;
      withheld = withheld == null ? List.of() : List.copyOf(withheld);
    }
  }

  private final AgentNotes notes;
  private final Lock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final Map<String, Withheld> all = new TreeMap<>();

  @GuardedBy("lock")
  private String log;

  public WithheldDeletions(AgentNotes notes) throws IOException {
    this.notes = notes;
    Kept kept = notes.kept();
    log = kept.log();
    kept.withheld().forEach(one -> all.put(one.worker(), one));
  }

  /**
   * Whether one snapshot deletes more than allowed.
   *
   * @param deleted how many workers it deletes
   * @param active how many were active before
   * @param percent the percentage of them that it may delete
   */
  public static boolean tooMany(int deleted, int active, int percent) {
    return deleted > FEW && 100L * deleted > (long) percent * active;
  }

  /** The log that is followed; empty if unknown. */
  public String log() {
    lock.lock();
    try {
      return log;
    } finally {
      lock.unlock();
    }
  }

  public List<Withheld> list() {
    lock.lock();
    try {
      return List.copyOf(all.values());
    } finally {
      lock.unlock();
    }
  }

  public boolean contains(String worker) {
    lock.lock();
    try {
      return all.containsKey(worker);
    } finally {
      lock.unlock();
    }
  }

  /** Follows this log from now on, and withholds these deletions too. */
  public void follow(String newLog, Collection<Withheld> more) throws IOException {
    lock.lock();
    try {
      if (newLog.equals(log) && more.isEmpty()) {
        return;
      }
      Map<String, Withheld> next = new TreeMap<>(all);
      more.forEach(one -> next.putIfAbsent(one.worker(), one));
      notes.save(new Kept(newLog, List.copyOf(next.values())));
      log = newLog;
      all.putAll(next);
    } finally {
      lock.unlock();
    }
  }

  /** Drops a deletion, because the worker is in the log again, or gone from here. */
  public void drop(String worker) throws IOException {
    lock.lock();
    try {
      Withheld dropped = all.remove(worker);
      if (dropped != null) {
        try {
          save();
        } catch (IOException e) {
          all.put(worker, dropped);
          throw e;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Confirms the matching deletions and returns them. */
  public List<Withheld> confirm(Predicate<Withheld> which) throws IOException {
    lock.lock();
    try {
      List<Withheld> confirmed = new ArrayList<>();
      for (Withheld one : List.copyOf(all.values())) {
        if (!one.confirmed() && which.test(one)) {
          confirmed.add(one.confirm());
        }
      }
      if (!confirmed.isEmpty()) {
        confirmed.forEach(one -> all.put(one.worker(), one));
        save();
      }
      return confirmed;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void save() throws IOException {
    notes.save(new Kept(log, List.copyOf(all.values())));
  }

  /**
   * Describes all withheld deletions in one line, for reports and events; empty if there are none.
   */
  public String message() {
    List<Withheld> now = list();
    if (now.isEmpty()) {
      return "";
    }
    List<String> names = now.stream().limit(MOST_NAMES).map(Withheld::worker).toList();
    return "withheld deletions: %d (%s%s)"
        .formatted(now.size(), String.join(", ", names), now.size() > MOST_NAMES ? ", ..." : "");
  }
}
