package dev.controlplane.system.history;

import static dev.controlplane.system.history.Kind.BOOKMARK;
import static dev.controlplane.system.history.Kind.DELETED;
import static dev.controlplane.system.history.Kind.GOODBYE;
import static dev.controlplane.system.history.Kind.PUBLISHED;
import static dev.controlplane.system.history.Kind.RESYNC;
import static dev.controlplane.system.history.Kind.SYNCED;
import static dev.controlplane.system.history.Story.held;
import static dev.controlplane.system.history.Story.holding;
import static dev.controlplane.system.history.Story.latest;
import static dev.controlplane.system.history.Story.request;
import static dev.controlplane.system.history.Story.resume;
import static dev.controlplane.system.history.Story.snapshot;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.controlplane.system.history.Event.Logged;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Histories made by hand that break a guarantee. */
class GuaranteesTest extends MadeHistory {
  @Test
  void anUpdateThatComesTooLateBreaksOrdered() {
    int stream = story.open("c", request());
    sixUpdates();
    story.tell(stream, 1, 3, 2, 4, 5, 6, 7);
    assertEquals(Set.of("Ordered"), story.broken());
  }

  @Test
  void aWorkerThatComesTooLateInASnapshotBreaksOrdered() {
    sixUpdates();
    int stream = story.open("c", snapshot());
    story.item(stream, 4).item(stream, 5).control(stream, SYNCED, 7);
    assertEquals(Set.of("Ordered"), story.broken());
  }

  @Test
  void anUpdateThatComesTwiceBreaksUnique() {
    int stream = story.open("c", request());
    sixUpdates();
    story.tell(stream, 1, 2, 2, 3);
    assertEquals(Set.of("Unique"), story.broken());
  }

  @Test
  void anUpdateThatComesAgainAfterAResumeBreaksUnique() {
    int stream = story.open("c", request());
    sixUpdates();
    story.tell(stream, 1, 2).close(stream);
    story.tell(story.open("c", resume(request(), "after 2")), 2, 3);
    requireBroken("Unique", "Resumable");
  }

  @Test
  void anUpdateThatTheSnapshotHadBreaksUnique() {
    sixUpdates();
    int stream = story.open("c", snapshot());
    story.item(stream, 5).item(stream, 4).control(stream, SYNCED, 7).tell(stream, 7);
    requireBroken("Unique");
  }

  @Test
  void aMissingUpdateBreaksReliable() {
    int stream = story.open("c", request());
    sixUpdates();
    story.tell(stream, 1, 2, 4);
    assertEquals(Set.of("Reliable"), story.broken());
  }

  @Test
  void anUpdateThatBeganAfterTheStreamWasOpenBreaksReliableIfItIsNotTold() {
    int stream = story.open("c", request());
    sixUpdates();
    story.tell(stream, 2, 3);
    assertEquals(Set.of("Reliable"), story.broken());
  }

  @Test
  void anUpdateThatNeverComesBreaksReliable() {
    int stream = story.open("c", request());
    sixUpdates();
    story.tell(stream, 1, 2, 3, 4, 5, 6).settled();
    assertEquals(Set.of("Reliable"), story.broken());
  }

  @Test
  void aStreamThatIsToldNothingBreaksReliable() {
    story.open("c", request());
    story.open("d", snapshot());
    sixUpdates();
    story.settled();
    assertEquals(
        2, Guarantee.judge(story.history()).stream().filter(this::isAboutReliable).count());
  }

  private boolean isAboutReliable(Violation violation) {
    return violation.guarantee().equals("Reliable");
  }

  @Test
  void aResumeThatIsToldNothingBreaksReliable() {
    int stream = story.open("c", request());
    sixUpdates();
    story.tell(stream, 1, 2, 3).close(stream);
    story.open("c", resume(request(), "after 3"));
    story.settled();
    assertEquals(Set.of("Reliable"), story.broken());
  }

  @Test
  void codeThatIsCutBreaksAtomic() {
    int stream = story.open("c", request());
    sixUpdates();
    story.torn(stream, 1);
    assertEquals(Set.of("Atomic"), story.broken());
  }

  @Test
  void codeThatIsMissingBreaksAtomic() {
    int stream = story.open("c", request());
    sixUpdates();
    story.withoutCode(stream, 1);
    assertEquals(Set.of("Atomic"), story.broken());
  }

  @Test
  void anUpdateWrittenAfterDescriptorsWereGivenBackMustHaveItsCode() {
    int stream = story.open("c", request());
    story.write(PUBLISHED, "a", "1").starved().write(PUBLISHED, "a", "2");
    story.tell(stream, 1).withoutCode(stream, 2);
    assertEquals(Set.of("Atomic"), story.broken());
  }

  @Test
  void fieldsOfAnotherUpdateBreakAtomic() {
    int stream = story.open("c", request());
    sixUpdates();
    Logged other = story.update(2);
    Logged mixed =
        new Logged(
            1,
            other.kind(),
            other.worker(),
            other.version(),
            other.checksum(),
            other.size(),
            other.timestamp(),
            "");
    story.tell(stream, mixed, "after 1");
    assertEquals(Set.of("Atomic"), story.broken());
  }

  @Test
  void aSnapshotOfTwoRevisionsBreaksAtomic() {
    sixUpdates();
    int stream = story.open("c", snapshot());
    story.item(stream, 1).item(stream, 4).control(stream, SYNCED, 7);
    requireBroken("Atomic", "Convergent");
  }

  @Test
  void aSnapshotWithoutAWorkerBreaksAtomic() {
    sixUpdates();
    int stream = story.open("c", snapshot());
    story.item(stream, 5).control(stream, SYNCED, 7);
    requireBroken("Atomic", "Convergent");
  }

  @Test
  void aDeletionThatDifferencesLeaveOutBreaksAtomic() {
    sixUpdates();
    int stream = story.open("c", held(Map.of("c", holding("c", "1"))));
    story.item(stream, 5).item(stream, 4).control(stream, SYNCED, 7);
    requireBroken("Atomic", "Convergent");
  }

  @Test
  void aDeletionThatACompactionTookWithItIsToldByWhatIsHeld() {
    sixUpdates();
    story.compacted(7);
    forgottenDeletion().settled();
    requireGood();
  }

  @Test
  void aDeletionThatIsForgottenWithoutACompactionBreaksAtomic() {
    sixUpdates();
    story.compacted(6);
    forgottenDeletion();
    requireBroken("Atomic");
  }

  /** The server knows no more of c than that it has none. */
  private Story forgottenDeletion() {
    Request.Holding held = holding("c", "1");
    int stream = story.open("c", held(Map.of("c", held)));
    Logged gone = new Logged(7, DELETED, "c", "", held.checksum(), 0, 0, "");
    return story
        .item(stream, 5)
        .item(stream, 4)
        .tell(stream, gone, "in snapshot after c")
        .control(stream, SYNCED, 7);
  }

  @Test
  void aResumeThatSkipsBreaksResumable() {
    int stream = story.open("c", request());
    sixUpdates();
    story.tell(stream, 1, 2).close(stream);
    story.tell(story.open("c", resume(request(), "after 2")), 4, 5);
    assertEquals(Set.of("Resumable", "Reliable"), story.broken());
  }

  @Test
  void aCompactedTokenThatIsTakenAsGoodBreaksResumable() {
    int stream = story.open("c", request());
    sixUpdates();
    story.tell(stream, 1, 2, 3).close(stream).compacted(4);
    story.tell(story.open("c", resume(request(), "after 3")), 4, 5);
    assertEquals(Set.of("Resumable"), story.broken());
  }

  @Test
  void aGoodTokenThatIsAnsweredWithResyncBreaksResumable() {
    int stream = story.open("c", request());
    sixUpdates();
    story.tell(stream, 1, 2, 3, 4).close(stream).compacted(4);
    int next = story.open("c", resume(request(), "after 4"));
    story.control(next, RESYNC, 7).item(next, 5).item(next, 4).control(next, SYNCED, 7);
    assertEquals(Set.of("Resumable"), story.broken());
  }

  @Test
  void aTokenThatWasNeverGivenIsAnsweredWithResync() {
    sixUpdates();
    int stream = story.open("c", resume(request(), "nonsense"));
    story.control(stream, BOOKMARK, 7);
    assertEquals(Set.of("Resumable"), story.broken());
  }

  @Test
  void aSnapshotThatGoesOnBeforeItsTokenBreaksResumable() {
    sixUpdates();
    int stream = story.open("c", snapshot());
    story.item(stream, 5).item(stream, 4).close(stream);
    int next = story.open("c", resume(snapshot(), "in snapshot after b"));
    story.item(next, 5).control(next, SYNCED, 7);
    requireBroken("Resumable", "Unique");
  }

  @Test
  void aBookmarkBeforeItsUpdateBreaksBookmarkable() {
    int stream = story.open("c", request());
    sixUpdates();
    story.tell(stream, 1, 2).control(stream, BOOKMARK, 3).tell(stream, 3);
    assertEquals(Set.of("Bookmarkable"), story.broken());
  }

  @Test
  void aGoodbyeThatSaysMoreThanWasToldBreaksBookmarkable() {
    int stream = story.open("c", request());
    sixUpdates();
    story.tell(stream, 1, 2).control(stream, GOODBYE, 4);
    requireBroken("Bookmarkable", "Reliable");
  }

  @Test
  void whoHoldsWhatTheLogHasNotBreaksConvergent() {
    sixUpdates();
    int stream = story.open("c", latest(snapshot("a")));
    story.item(stream, 5).control(stream, SYNCED, 7);
    story.write(DELETED, "a", "2", "1");
    Logged deletion = story.update(8);
    story.tell(
        stream,
        new Logged(
            8, DELETED, "a", "2", deletion.checksum(), deletion.size(), deletion.timestamp(), ""),
        "after 8");
    story.control(stream, BOOKMARK, 8);
    assertEquals(Set.of("Atomic", "Convergent"), story.broken());
  }

  @Test
  void anAnsweredWriteThatTheLogDoesNotHaveBreaksDurable() {
    sixUpdates();
    story.answered(PUBLISHED, "d", "1", 8);
    assertEquals(Set.of("Durable"), story.broken());
  }

  @Test
  void anUpdateThatNobodyWroteBreaksDurable() {
    sixUpdates();
    story.logged(PUBLISHED, "d", "1", "");
    assertEquals(Set.of("Durable"), story.broken());
  }

  @Test
  void aRevisionBelowThatOfAnEarlierWriteBreaksDurable() {
    story
        .logged(PUBLISHED, "a", "1", "")
        .logged(PUBLISHED, "b", "1", "")
        .answered(PUBLISHED, "b", "1", 2)
        .answered(PUBLISHED, "a", "1", 1);
    assertEquals(Set.of("Durable"), story.broken());
  }

  @Test
  void aStreamIsSentResyncOnlyWhereTheLogWasCompacted() {
    int stream = story.open("c", snapshot());
    story.control(stream, SYNCED, 0);
    sixUpdates();
    story.tell(stream, 1, 2).compacted(2);
    story.control(stream, RESYNC, 7).item(stream, 5).item(stream, 4).control(stream, SYNCED, 7);
    requireBroken("Resumable");
  }
}
