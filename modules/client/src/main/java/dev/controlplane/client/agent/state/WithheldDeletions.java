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
 * The deletions that an agent withholds, and which log it follows. Both are on disk before anything
 * that depends on them happens, so that an agent that is started again knows them. Used by several
 * threads.
 */
public final class WithheldDeletions {
  /** Below this many deletions a snapshot is never too much. */
  private static final int FEW = 3;

  /** Names that a message lists; of more it gives the number. */
  private static final int MOST_NAMES = 20;

  /**
   * What is on disk.
   *
   * @param log which log the agent follows; empty where that is not known
   * @param withheld each withheld deletion
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
   * Whether one snapshot deletes more than it may.
   *
   * @param deleted how many workers it deletes
   * @param active how many were active before
   * @param percent how many of them it may delete
   */
  public static boolean tooMany(int deleted, int active, int percent) {
    return deleted > FEW && 100L * deleted > (long) percent * active;
  }

  /** The log that is followed; empty where that is not known. */
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

  /** From now on this log is followed, and these deletions are withheld too. */
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

  /** The worker is in the log again, or gone from here. */
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

  /** Confirms those that pass; the confirmed ones. */
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

  /** All of them in one line, for reports and events; empty where nothing is withheld. */
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
