package dev.controlplane.system.history;

import dev.controlplane.system.history.Event.Received;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Who applies what comes to what it holds has the state of the log: at SYNCED, with delivery ALL at
 * every bookmark, and with LATEST at the end.
 */
public final class Convergent implements Guarantee {
  @Override
  public List<Violation> violations(History history) {
    List<Violation> violations = new ArrayList<>();
    for (Session session : history.sessions()) {
      if (session.start() != Session.Start.NOW) {
        replay(history.log(), session, violations);
      }
    }
    return violations;
  }

  private void replay(Log log, Session session, List<Violation> violations) {
    Map<String, String> held = new HashMap<>();
    if (session.start() == Session.Start.HELD) {
      session
          .held()
          .forEach(
              (worker, holding) -> {
                if (session.request().wants(worker)) {
                  held.put(worker, holding.version());
                }
              });
    }
    for (int i = 0; i < session.messages().size(); i++) {
      Received message = session.messages().get(i);
      apply(message, session.inSnapshot(i), held);
      boolean tells =
          message.kind() == Kind.SYNCED
              || (message.kind().isPromise()
                  && !session.inSnapshot(i)
                  && (!session.request().latest() || message.revision() >= log.head()));
      if (tells) {
        compare(log, session, message, held, violations);
      }
    }
  }

  /** As docs/guarantees.md tells clients to. */
  private static void apply(Received message, boolean inSnapshot, Map<String, String> held) {
    switch (message.kind()) {
      case PUBLISHED, ROLLED_BACK -> held.put(message.worker(), message.version());
      case DELETED -> {
        if (!message.message().isEmpty()) {
          held.put(message.worker(), message.message());
        } else if (inSnapshot || message.version().equals(held.get(message.worker()))) {
          held.remove(message.worker());
        }
      }
      case SYNCED, BOOKMARK, RESYNC, GOODBYE -> {}
    }
  }

  private void compare(
      Log log, Session session, Received at, Map<String, String> held, List<Violation> violations) {
    TreeSet<String> workers = new TreeSet<>(log.workers());
    workers.addAll(held.keySet());
    for (String worker : workers) {
      if (!session.request().wants(worker)) {
        continue;
      }
      String expected =
          log.standing(worker, at.revision())
              .filter(standing -> !standing.gone())
              .map(Standing::checksum)
              .orElse(null);
      String version = held.get(worker);
      String has = version == null ? null : log.checksum(worker, version).orElse("?");
      if (expected == null ? has != null : !expected.equals(has)) {
        violations.add(
            violation(
                session.name(),
                "at %s %d holds %s %s with the bytes %s, the log has %s"
                    .formatted(at.kind(), at.revision(), worker, version, has, expected)));
      }
    }
  }
}
