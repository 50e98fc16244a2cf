package dev.controlplane.system.history;

import dev.controlplane.system.history.Event.Logged;
import dev.controlplane.system.history.Event.Received;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * An update is whole: its fields are those of the log and its code has its digest. A snapshot is of
 * one revision, that which SYNCED tells: nothing of it is older or newer, missing or too much.
 */
public final class Atomic implements Guarantee {
  @Override
  public List<Violation> violations(History history) {
    List<Violation> violations = new ArrayList<>();
    for (Session session : history.sessions()) {
      for (Received message : session.messages()) {
        if (message.kind().isUpdate()) {
          code(history, message).ifPresent(what -> violations.add(violation(session.name(), what)));
        }
      }
      for (Received message : session.followed()) {
        if (message.kind().isUpdate()) {
          fields(history.log(), message)
              .ifPresent(what -> violations.add(violation(session.name(), what)));
        }
      }
      if (session.syncedIndex() >= 0) {
        snapshot(history, session, violations);
      }
    }
    return violations;
  }

  private static Optional<String> code(History history, Received message) {
    boolean carried = message.codeLength() > 0;
    if (message.kind() == Kind.DELETED) {
      return carried ? Optional.of(message + " is a deletion with code") : Optional.empty();
    }
    if (carried
        ? !message.codeChecksum().equals(message.checksum())
            || message.codeLength() != message.size()
        : message.path().isEmpty()) {
      return Optional.of(message + " has other code than it says, or no path");
    }
    // Of what is deleted the code may be gone; what is too large, or could not be read, is fetched.
    boolean excused =
        carried
            || message.size() == 0
            || message.size() > INLINE_LIMIT
            || history.mayLackCode(message)
            || history.log().everDeleted(message.worker(), message.version());
    return excused ? Optional.empty() : Optional.of(message + " has no code");
  }

  /** The inline limit of the servers in a recorded run, in bytes. */
  public static final int INLINE_LIMIT = 32 << 10;

  private static Optional<String> fields(Log log, Received message) {
    Logged told =
        new Logged(
            message.revision(),
            message.kind(),
            message.worker(),
            message.version(),
            message.checksum(),
            message.size(),
            message.timestamp(),
            message.message());
    Optional<Logged> logged = log.at(message.revision()).map(Log.Entry::update);
    return logged.equals(Optional.of(told))
        ? Optional.empty()
        : Optional.of("is told of " + told + ", the log has " + logged);
  }

  private void snapshot(History history, Session session, List<Violation> violations) {
    Log log = history.log();
    long revision = session.base();
    boolean onlyDifferences = session.start() == Session.Start.HELD;
    Map<String, Standing> expected = new HashMap<>();
    Map<String, Standing> allowed = new HashMap<>();
    Map<String, Standing> forgotten = new HashMap<>();
    Set<String> names = new TreeSet<>(log.workers());
    names.addAll(session.held().keySet());
    for (String worker : names) {
      if (!session.request().wants(worker)) {
        continue;
      }
      Request.Holding holding = session.held().get(worker);
      Optional<Standing> standing =
          log.standing(worker, revision).or(() -> unknown(holding, worker, revision));
      standing
          .filter(is -> is.gone() && mayBeForgotten(history, is))
          .flatMap(is -> unknown(holding, worker, revision))
          .ifPresent(is -> forgotten.put(worker, is));
      standing
          .filter(is -> is.gone() ? holding != null : true)
          .ifPresent(is -> allowed.put(worker, is));
      standing
          .filter(
              is ->
                  is.gone()
                      ? onlyDifferences && holding != null
                      : !onlyDifferences
                          || holding == null
                          || !holding.checksum().equals(is.checksum()))
          .ifPresent(is -> expected.put(worker, is));
    }
    // In the middle of a stream, what the request held is not what the consumer has any more.
    boolean wholeAllowed = session.resynced();
    Map<String, Standing> told = new HashMap<>();
    for (Received item : session.snapshot()) {
      told.put(item.worker(), standing(item));
    }
    Set<String> differing = new TreeSet<>(expected.keySet());
    differing.addAll(told.keySet());
    differing.removeIf(
        worker -> {
          Standing is = told.get(worker);
          return is == null
              ? expected.get(worker) == null
              : is.equals(expected.get(worker))
                  || is.equals(forgotten.get(worker))
                  || (wholeAllowed && is.equals(allowed.get(worker)));
        });
    for (String worker : differing) {
      violations.add(
          violation(
              session.name(),
              "the snapshot of revision %d has %s of %s, expected %s"
                  .formatted(revision, told.get(worker), worker, expected.get(worker))));
    }
  }

  /** A compaction takes with it what it knew of workers that were gone. */
  private static boolean mayBeForgotten(History history, Standing gone) {
    return history.compactions().stream().anyMatch(cut -> cut.revision() >= gone.revision());
  }

  /** What is held of a worker that the log never had, as after a restore, has to go. */
  private static Optional<Standing> unknown(Request.Holding holding, String worker, long revision) {
    return Optional.ofNullable(holding)
        .map(held -> new Standing(revision, Kind.DELETED, worker, "", held.checksum(), 0, 0));
  }

  private static Standing standing(Received item) {
    return new Standing(
        item.revision(),
        item.kind(),
        item.worker(),
        item.version(),
        item.checksum(),
        item.size(),
        item.timestamp());
  }
}
