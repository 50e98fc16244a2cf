package dev.controlplane.system.history;

import dev.controlplane.system.history.Event.Received;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * No update comes twice: not in a stream, not after a resume, and not after a snapshot that had it;
 * no worker comes twice in a snapshot.
 */
public final class Unique implements Guarantee {
  @Override
  public List<Violation> violations(History history) {
    List<Violation> violations = new ArrayList<>();
    for (Session session : history.sessions()) {
      Set<String> workers = new HashSet<>();
      for (Received item : session.snapshot()) {
        if (!workers.add(item.worker())) {
          violations.add(violation(session.name(), item.worker() + " comes twice in the snapshot"));
        }
      }
      long snapshot = session.start() == Session.Start.NOW ? 0 : session.base();
      Set<Long> revisions = new HashSet<>();
      for (Received message : session.followed()) {
        if (message.kind().isUpdate()
            && (!revisions.add(message.revision()) || message.revision() <= snapshot)) {
          violations.add(
              violation(
                  session.name(),
                  "update %d comes again in stream %d"
                      .formatted(message.revision(), message.stream())));
        }
      }
    }
    return violations;
  }
}
