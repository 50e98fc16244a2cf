package dev.controlplane.system.history;

import dev.controlplane.system.history.Event.Logged;
import dev.controlplane.system.history.Event.Written;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The log is without a gap and follows its own rules; every write that was answered is in it, at
 * the revision that was answered; of two writes the one that began after the other was answered has
 * the higher revision; and nothing is in it that nobody wrote.
 */
public final class Durable implements Guarantee {
  private record Asked(Kind kind, String worker, String version) {}

  @Override
  public List<Violation> violations(History history) {
    List<Violation> violations = new ArrayList<>();
    Log log = history.log();
    log.faults().forEach(fault -> violations.add(violation("the log", fault)));
    Map<Asked, Integer> asked = new HashMap<>();
    for (Written write : history.writes()) {
      asked.merge(new Asked(write.kind(), write.worker(), write.version()), 1, Integer::sum);
      if (write.acknowledged() && !isIn(log, write)) {
        violations.add(
            violation(
                "the log",
                write + " was answered; the log has " + log.at(write.revision()).orElse(null)));
      }
    }
    for (long revision = 1; revision <= log.head(); revision++) {
      Optional<Logged> update = log.at(revision).map(Log.Entry::update);
      update
          .filter(
              one ->
                  asked.merge(new Asked(one.kind(), one.worker(), one.version()), -1, Integer::sum)
                      < 0)
          .ifPresent(one -> violations.add(violation("the log", one + " was not asked for")));
    }
    inOrder(history, violations);
    return violations;
  }

  private static boolean isIn(Log log, Written write) {
    return log.at(write.revision())
        .filter(entry -> entry.update().worker().equals(write.worker()))
        .filter(
            entry ->
                switch (write.kind()) {
                  // What is the latest already is not made so again: the answer tells since when.
                  case ROLLED_BACK -> entry.after().version().equals(write.version());
                  default ->
                      entry.update().kind() == write.kind()
                          && entry.update().version().equals(write.version());
                })
        .filter(
            entry ->
                write.kind() != Kind.PUBLISHED
                    || (entry.update().checksum().equals(write.checksum())
                        && entry.update().size() == write.size()))
        .isPresent();
  }

  private void inOrder(History history, List<Violation> violations) {
    List<Written> byEnd =
        history.writes().stream()
            .filter(Written::acknowledged)
            .sorted(Comparator.comparingLong(Written::ended))
            .toList();
    List<Written> byBegin =
        byEnd.stream().sorted(Comparator.comparingLong(Written::began)).toList();
    Written highest = null;
    int next = 0;
    for (Written write : byBegin) {
      for (; next < byEnd.size() && byEnd.get(next).ended() < write.began(); next++) {
        if (highest == null || byEnd.get(next).revision() > highest.revision()) {
          highest = byEnd.get(next);
        }
      }
      // A rollback to what is the latest already is answered with an earlier revision.
      if (highest != null
          && write.revision() <= highest.revision()
          && write.kind() != Kind.ROLLED_BACK) {
        violations.add(violation("the log", write + " began after the answer to " + highest));
      }
    }
  }
}
