package dev.controlplane.system.history;

import dev.controlplane.system.history.Event.Received;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A stream that is opened with a token goes on right behind the message that carried it: the next
 * wanted update is the first that comes, or in a snapshot the next worker. A token that leads
 * nowhere any more is answered with RESYNC, and no other is.
 */
public final class Resumable implements Guarantee {
  @Override
  public List<Violation> violations(History history) {
    List<Violation> violations = new ArrayList<>();
    for (History.Resumed resumed : history.resumed()) {
      if (!resumed.stream().messages().isEmpty()) {
        fault(history, resumed)
            .ifPresent(what -> violations.add(violation(resumed.stream().name(), what)));
      }
    }
    for (Stream stream : history.streams()) {
      startsAnewWithoutNeed(history, stream)
          .ifPresent(what -> violations.add(violation(stream.name(), what)));
    }
    return violations;
  }

  /** In the middle of a stream, only a compaction can ask for RESYNC. */
  private static Optional<String> startsAnewWithoutNeed(History history, Stream stream) {
    Received before = null;
    boolean inSnapshot = true;
    for (Received message : stream.messages()) {
      if (message.kind() == Kind.RESYNC
          && before != null
          && !mayBeCompacted(history, before.revision(), message.at(), inSnapshot)) {
        return Optional.of(
            "RESYNC (%s) after %s %d though the log was not compacted above it"
                .formatted(message.message(), before.kind(), before.revision()));
      }
      inSnapshot = message.kind() == Kind.RESYNC || (inSnapshot && !message.kind().isPromise());
      before = message;
    }
    return Optional.empty();
  }

  private static Optional<String> fault(History history, History.Resumed resumed) {
    Received first = resumed.stream().messages().getFirst();
    boolean resync = first.kind() == Kind.RESYNC;
    if (resumed.place().isEmpty()) {
      return resync
          ? Optional.empty()
          : Optional.of("a token that was never given is answered with " + first.kind());
    }
    History.Place place = resumed.place().get();
    long revision = place.message().revision();
    boolean inSnapshot = place.session().inSnapshot(place.index());
    if (resync) {
      return mayBeCompacted(history, revision, first.at(), inSnapshot)
          ? Optional.empty()
          : Optional.of(
              "RESYNC (%s) though the log was not compacted above %d"
                  .formatted(first.message(), revision));
    }
    if (inSnapshot) {
      return goesOnInSnapshot(place.message(), first);
    }
    if (isCompacted(history, revision, resumed.stream().openedAt())) {
      return Optional.of("goes on after %d, which was compacted".formatted(revision));
    }
    return goesOn(history, place, first);
  }

  /** Of a snapshot only a lower bound of its revision is known before its end. */
  private static boolean mayBeCompacted(
      History history, long revision, long when, boolean inSnapshot) {
    return history.compactions().stream()
        .anyMatch(cut -> cut.began() < when && (cut.revision() > revision || inSnapshot));
  }

  private static boolean isCompacted(History history, long revision, long when) {
    return history.compactions().stream()
        .anyMatch(cut -> history.isKnown(cut, when) && cut.revision() > revision);
  }

  private static Optional<String> goesOnInSnapshot(Received last, Received first) {
    boolean next =
        first.kind() == Kind.SYNCED
            || first.kind() == Kind.GOODBYE
            || (first.kind().isUpdate()
                && (last.kind() == Kind.RESYNC
                    || last.kind() == Kind.GOODBYE
                    || Ordered.BY_BYTES.compare(first.worker(), last.worker()) > 0));
    return next
        ? Optional.empty()
        : Optional.of(
            "the snapshot went as far as %s and goes on with %s %s"
                .formatted(last.worker(), first.kind(), first.worker()));
  }

  private static Optional<String> goesOn(History history, History.Place place, Received first) {
    long after = place.message().revision();
    if (first.kind() == Kind.SYNCED) {
      return Optional.of("goes on after %d with the end of a snapshot".formatted(after));
    }
    boolean again = first.kind().isUpdate() ? first.revision() <= after : first.revision() < after;
    if (again) {
      return Optional.of(
          "goes on after %d with %s %d".formatted(after, first.kind(), first.revision()));
    }
    Told told = new Told(history.log(), place.session());
    told.add(first);
    List<Log.Entry> skipped = told.lacking(after, first.revision());
    return skipped.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "goes on after %d with %s %d, without %s"
                .formatted(after, first.kind(), first.revision(), Told.names(skipped)));
  }
}
