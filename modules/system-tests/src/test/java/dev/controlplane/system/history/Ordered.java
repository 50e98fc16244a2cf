package dev.controlplane.system.history;

import dev.controlplane.system.history.Event.Received;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Within a stream, updates come in the order of the log and no message says less than one before
 * it; the items of a snapshot come by the bytes of the workers' names.
 */
public final class Ordered implements Guarantee {
  static final Comparator<String> BY_BYTES =
      Comparator.comparing(name -> name.getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

  @Override
  public List<Violation> violations(History history) {
    List<Violation> violations = new ArrayList<>();
    for (Session session : history.sessions()) {
      inSnapshot(session, violations);
      following(session, violations);
    }
    return violations;
  }

  private void inSnapshot(Session session, List<Violation> violations) {
    Received before = null;
    for (Received item : session.snapshot()) {
      if (before != null && BY_BYTES.compare(item.worker(), before.worker()) < 0) {
        violations.add(
            violation(session.name(), item.worker() + " comes after " + before.worker()));
      }
      before = item;
    }
  }

  private void following(Session session, List<Violation> violations) {
    Received before = null;
    for (Received message : session.followed()) {
      if (message.kind() == Kind.RESYNC) {
        continue;
      }
      if (before != null && message.revision() < before.revision()) {
        violations.add(
            violation(
                session.name(),
                "%s %d comes after %s %d"
                    .formatted(
                        message.kind(), message.revision(), before.kind(), before.revision())));
      }
      before = message;
    }
  }
}
