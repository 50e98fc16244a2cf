package dev.controlplane.system.history;

import dev.controlplane.system.history.Event.Received;
import java.util.ArrayList;
import java.util.List;

/**
 * What SYNCED, BOOKMARK and GOODBYE say holds when they come: everything wanted up to their
 * revision has come before, and nothing up to it comes after.
 */
public final class Bookmarkable implements Guarantee {
  @Override
  public List<Violation> violations(History history) {
    List<Violation> violations = new ArrayList<>();
    for (Session session : history.sessions()) {
      if (session.base() >= 0) {
        judge(history, session, violations);
      }
    }
    return violations;
  }

  private void judge(History history, Session session, List<Violation> violations) {
    Told told = new Told(history.log(), session);
    long promised = session.base();
    Received promise = null;
    for (Received message : session.followed()) {
      told.add(message);
      if (message.kind().isPromise()) {
        List<Log.Entry> lacking = told.lacking(promised, message.revision());
        if (!lacking.isEmpty()) {
          violations.add(
              violation(
                  session.name(),
                  "%s %d comes before %s"
                      .formatted(message.kind(), message.revision(), Told.names(lacking))));
        }
        promised = Math.max(promised, message.revision());
        promise = message;
      } else if (message.kind().isUpdate()
          && promise != null
          && message.revision() <= promise.revision()) {
        violations.add(
            violation(
                session.name(),
                "update %d comes after %s %d"
                    .formatted(message.revision(), promise.kind(), promise.revision())));
      }
    }
  }
}
