package dev.controlplane.system.history;

import dev.controlplane.system.history.Event.Received;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which updates a session has been told of, and which it lacks. */
final class Told {
  private final Log log;
  private final Session session;
  private final Set<Long> revisions = new HashSet<>();

  Told(Log log, Session session) {
    this.log = log;
    this.session = session;
  }

  void add(Received message) {
    if (message.kind().isUpdate()) {
      revisions.add(message.revision());
    }
  }

  /**
   * The wanted updates above {@code after} up to {@code last} that have not come and had to: all of
   * them, or with delivery LATEST those that no later one supersedes.
   */
  List<Log.Entry> lacking(long after, long last) {
    return log.wanted(session.request(), after, last).stream()
        .filter(entry -> !revisions.contains(entry.revision()))
        .filter(entry -> !session.request().latest() || !log.superseded(entry))
        .toList();
  }

  /** For messages: revisions, the first few. */
  static String names(List<Log.Entry> entries) {
    String some =
        entries.stream()
            .limit(5)
            .map(entry -> entry.update().kind() + " " + entry.revision())
            .toList()
            .toString();
    return entries.size() > 5 ? some + " and " + (entries.size() - 5) + " more" : some;
  }
}
