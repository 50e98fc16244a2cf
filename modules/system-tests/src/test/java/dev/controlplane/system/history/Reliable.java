package dev.controlplane.system.history;

import dev.controlplane.system.history.Event.Received;
import dev.controlplane.system.history.Event.Written;
import java.util.ArrayList;
import java.util.List;

/**
 * No update is missing that the consumer wants, between the first and the last revision that it was
 * told of, in a stream and across resumes; one whose writing began after the stream was open is not
 * missing either; and in the end everything comes. With delivery LATEST an update may be missing
 * that a later one of its worker supersedes.
 */
public final class Reliable implements Guarantee {
  @Override
  public List<Violation> violations(History history) {
    List<Violation> violations = new ArrayList<>();
    Log log = history.log();
    for (Session session : history.sessions()) {
      if (session.base() < 0) {
        continue;
      }
      Told told = new Told(log, session);
      for (Received message : session.followed()) {
        told.add(message);
      }
      report(session, "is told of %d without", told, session.base(), session.told(), violations);
      if (session.start() == Session.Start.NOW) {
        sinceSubscribed(history, session, violations);
      }
    }
    if (history.settled()) {
      inTheEnd(history, violations);
    }
    return violations;
  }

  /** Nothing that began after the headers came may be before what the stream starts with. */
  private void sinceSubscribed(History history, Session session, List<Violation> violations) {
    for (Written write : history.writes()) {
      if (write.revision() <= session.base()
          && owed(history, session.request(), session.subscribedAt(), write)) {
        violations.add(
            violation(
                session.name(),
                "starts above %d without %s, which began after it was open"
                    .formatted(session.base(), write)));
      }
    }
  }

  /** Whether a stream that starts with what is new has to tell of a write. */
  private static boolean owed(History history, Request request, long subscribed, Written write) {
    return write.acknowledged()
        && write.began() > subscribed
        && request.wants(write.worker())
        && history
            .log()
            .at(write.revision())
            .filter(entry -> !request.latest() || !history.log().superseded(entry))
            .isPresent();
  }

  private void inTheEnd(History history, List<Violation> violations) {
    for (Stream stream : history.silent()) {
      boolean fresh = !stream.request().snapshot() && stream.request().held().isEmpty();
      boolean nothingToTell =
          fresh
              && stream.request().token().isEmpty()
              && stream.subscribedAt() < Long.MAX_VALUE
              && history.writes().stream()
                  .noneMatch(
                      write -> owed(history, stream.request(), stream.subscribedAt(), write));
      if (!nothingToTell) {
        violations.add(violation(stream.name(), "is told nothing"));
      }
    }
    for (Session session : history.newest()) {
      if (session.start() != Session.Start.NOW && session.syncedIndex() < 0) {
        violations.add(violation(session.name(), "waits for the end of its snapshot for ever"));
        continue;
      }
      long base = session.base();
      if (base < 0) {
        continue;
      }
      Told told = new Told(history.log(), session);
      session.followed().forEach(told::add);
      // Up to where it was told everything is judged already.
      report(
          session,
          "at the end, head %d, lacks",
          told,
          Math.max(base, session.told()),
          history.log().head(),
          violations);
    }
  }

  private void report(
      Session session, String what, Told told, long after, long last, List<Violation> violations) {
    List<Log.Entry> lacking = told.lacking(after, last);
    if (!lacking.isEmpty()) {
      violations.add(violation(session.name(), what.formatted(last) + ' ' + Told.names(lacking)));
    }
  }
}
