package dev.controlplane.system.history;

import static dev.controlplane.system.history.Kind.BOOKMARK;
import static dev.controlplane.system.history.Kind.DELETED;
import static dev.controlplane.system.history.Kind.GOODBYE;
import static dev.controlplane.system.history.Kind.PUBLISHED;
import static dev.controlplane.system.history.Kind.RESYNC;
import static dev.controlplane.system.history.Kind.ROLLED_BACK;
import static dev.controlplane.system.history.Kind.SYNCED;
import static dev.controlplane.system.history.Story.held;
import static dev.controlplane.system.history.Story.holding;
import static dev.controlplane.system.history.Story.latest;
import static dev.controlplane.system.history.Story.request;
import static dev.controlplane.system.history.Story.resume;
import static dev.controlplane.system.history.Story.snapshot;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.history.Event.Logged;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Histories made by hand, good ones and ones that break a guarantee, and what is made of them. */
class GuaranteesTest {
  private final Story story = new Story();

  /** Six updates: a has 1 and 2, b has 1 and then 2 and then 1 again, c is gone. */
  private void sixUpdates() {
    story
        .write(PUBLISHED, "a", "1")
        .write(PUBLISHED, "b", "1")
        .write(PUBLISHED, "b", "2")
        .write(ROLLED_BACK, "b", "1")
        .write(PUBLISHED, "a", "2")
        .write(PUBLISHED, "c", "1")
        .write(DELETED, "c", "1");
  }

  private void requireBroken(String... guarantees) {
    Set<String> broken = story.broken();
    assertTrue(
        broken.containsAll(List.of(guarantees)), () -> Guarantee.judge(story.history()).toString());
  }

  private void requireGood() {
    assertEquals(List.of(), Guarantee.judge(story.history()));
  }

  @Test
  void everyUpdateInOrderIsGood() {
    int all = story.open("all", request());
    int some = story.open("some", request("b", "c"));
    sixUpdates();
    story.tell(all, 1, 2, 3).control(all, BOOKMARK, 3).tell(all, 4, 5, 6, 7);
    story.tell(some, 2, 3, 4).control(some, BOOKMARK, 5).tell(some, 6, 7).settled();
    requireGood();
  }

  @Test
  void aSnapshotAndWhatFollowsIsGood() {
    sixUpdates();
    int stream = story.open("c", snapshot());
    story.item(stream, 5).item(stream, 4).control(stream, SYNCED, 7);
    story.write(DELETED, "a", "2", "1").tell(stream, 8).control(stream, BOOKMARK, 8).settled();
    requireGood();
  }

  @Test
  void differencesToWhatIsHeldAreGood() {
    sixUpdates();
    int stream =
        story.open(
            "c",
            held(Map.of("a", holding("a", "1"), "b", holding("b", "1"), "c", holding("c", "1"))));
    story.item(stream, 5).item(stream, 7).control(stream, SYNCED, 7).settled();
    requireGood();
  }

  @Test
  void aResumeInTheMiddleOfASnapshotIsGood() {
    sixUpdates();
    int stream = story.open("c", snapshot());
    story.item(stream, 5).close(stream);
    int next = story.open("c", resume(snapshot(), "in snapshot after a"));
    story.item(next, 4).control(next, SYNCED, 7).settled();
    requireGood();
  }

  @Test
  void aResumeFromAnEarlierTokenRepeatsWhatCameAfterItAndIsGood() {
    int stream = story.open("c", request());
    sixUpdates();
    story.tell(stream, 1, 2, 3, 4).close(stream);
    int next = story.open("c", resume(request(), "after 2"));
    story.tell(next, 3, 4, 5, 6, 7).settled();
    requireGood();
  }

  @Test
  void supersededUpdatesMayBeMissingWithLatest() {
    int stream = story.open("c", latest(snapshot()));
    story.control(stream, SYNCED, 0);
    sixUpdates();
    story.tell(stream, 4, 5, 7).control(stream, BOOKMARK, 7).settled();
    requireGood();
  }

  @Test
  void aDeletionOfAnOldVersionDoesNotHideAPublishWithLatest() {
    int stream = story.open("c", latest(snapshot()));
    story.control(stream, SYNCED, 0);
    story.write(PUBLISHED, "a", "1").write(PUBLISHED, "a", "2").write(DELETED, "a", "1");
    story.tell(stream, 3).settled();
    requireBroken("Reliable");
  }

  @Test
  void aCompactedTokenIsAnsweredWithResync() {
    int stream = story.open("c", request());
    sixUpdates();
    story.tell(stream, 1, 2).close(stream).compacted(5);
    int next = story.open("c", resume(request(), "after 2"));
    story.control(next, RESYNC, 7).item(next, 5).item(next, 4).control(next, SYNCED, 7).settled();
    requireGood();
  }

  @Test
  void aSnapshotInTheMiddleOfAStreamNeedNotSayWhatOfTheHeldIsGone() {
    story.write(PUBLISHED, "a", "1").write(PUBLISHED, "b", "1");
    Request holding = held(Map.of("a", holding("a", "1"), "b", holding("b", "1")));
    int stream = story.open("c", holding);
    story.control(stream, SYNCED, 2).close(stream);
    int next = story.open("c", resume(holding, "after 2"));
    story.control(next, BOOKMARK, 2);
    story.write(DELETED, "b", "1").write(PUBLISHED, "a", "2").compacted(3);
    story.control(next, RESYNC, 4).item(next, 4).control(next, SYNCED, 4).settled();
    requireGood();
  }

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
  void aSavedHistoryIsTheSameWhenItIsLoaded(@TempDir Path directory) {
    int stream = story.open("c", held(Map.of("a", holding("a", "1"))));
    sixUpdates();
    story.item(stream, 5).control(stream, SYNCED, 7).compacted(3).close(stream).settled();
    Path file = directory.resolve("history.jsonl");
    story.history().save(file);
    History loaded = History.load(file);
    assertEquals(story.history().summary(), loaded.summary());
    assertEquals(Guarantee.judge(story.history()), Guarantee.judge(loaded));
    assertTrue(!Guarantee.judge(loaded).isEmpty());
  }

  /** Updates 4 and 5 are lost: b has 1 and 2, c is not there. */
  private int toldOfFiveAndRestoredAtThree() {
    int stream = story.open("c", request());
    story.write(PUBLISHED, "a", "1").write(PUBLISHED, "b", "1").write(PUBLISHED, "b", "2");
    long backedUp = story.now();
    story.write(ROLLED_BACK, "b", "1").write(PUBLISHED, "c", "1");
    story.tell(stream, 1, 2, 3, 4, 5).restored(backedUp, 3);
    return stream;
  }

  @Test
  void aRestoredBackupIsAnotherLogThatBeginsWithWhatTheBackupHas() {
    story.close(toldOfFiveAndRestoredAtThree());
    int next = story.open("c", resume(request(), "after 5"));
    story.control(next, RESYNC, 3).item(next, 1).item(next, 3).control(next, SYNCED, 3);
    story.write(PUBLISHED, "c", "2").tell(next, 4).settled();
    requireGood();
  }

  @Test
  void aRestoredLogMayBeToldOfUnderTheNameOfTheLogBeforeUntilItHasItsOwn() {
    story.close(toldOfFiveAndRestoredAtThree());
    int interlude = story.open("c", resume(request(), "after 5"));
    story.before(() -> story.control(interlude, RESYNC, 3).item(interlude, 1).close(interlude));
    int next = story.open("c", resume(request(), "in snapshot after a"));
    story.control(next, RESYNC, 3).item(next, 1).item(next, 3).control(next, SYNCED, 3).settled();
    requireGood();
  }

  /** A stream that goes on after the third of five updates, served from a backup of the third. */
  private void resumesInTheBackup(boolean compactedBeforeTheBackup) {
    int stream = story.open("c", request());
    story.write(PUBLISHED, "a", "1").write(PUBLISHED, "b", "1").write(PUBLISHED, "b", "2");
    if (compactedBeforeTheBackup) {
      story.compacted(4);
    }
    long backedUp = story.now();
    story.write(ROLLED_BACK, "b", "1").write(PUBLISHED, "c", "1");
    story.tell(stream, 1, 2, 3, 4, 5).close(stream).compacted(4).restored(backedUp, 3);
    int next = story.open("c", resume(request(), "after 3"));
    story.before(() -> story.control(next, BOOKMARK, 3).close(next));
    int last = story.open("c", resume(request(), "after 3"));
    story.control(last, RESYNC, 3).item(last, 1).item(last, 3).control(last, SYNCED, 3).settled();
  }

  @Test
  void aTokenIsGoodInTheBackupIfItsLogWasCompactedOnlyAfterTheBackup() {
    resumesInTheBackup(false);
    requireGood();
  }

  @Test
  void aTokenThatWasCompactedBeforeTheBackupMustNotBeGoodInTheBackup() {
    resumesInTheBackup(true);
    assertEquals(Set.of("Resumable"), story.broken());
  }

  @Test
  void whatTheRestoredLogNeverHadIsDeletedFromWhatIsHeld() {
    story.close(toldOfFiveAndRestoredAtThree());
    int stream = story.open("c", held(Map.of("c", holding("c", "1"))));
    story.item(stream, 1).item(stream, 3);
    Logged gone = new Logged(3, DELETED, "c", "", holding("c", "1").checksum(), 0, 0, "");
    story.tell(stream, gone, "in snapshot after c").control(stream, SYNCED, 3).settled();
    requireGood();
  }

  @Test
  void aTokenOfTheLogBeforeTheRestoreMustNotBeGoodAfterIt() {
    story.close(toldOfFiveAndRestoredAtThree());
    story.write(PUBLISHED, "c", "2").write(PUBLISHED, "c", "3").write(PUBLISHED, "c", "4");
    int next = story.open("c", resume(request(), "after 5"));
    story.tell(next, 6).settled();
    requireBroken("Resumable");
  }

  @Test
  void aStreamMustNotGoOnWithAnotherLogWithoutAWord() {
    int stream = toldOfFiveAndRestoredAtThree();
    story.write(PUBLISHED, "c", "2").tell(stream, 4).settled();
    requireBroken("Resumable");
  }

  @Test
  void aStreamMustNotFollowALogThatWasReplaced() {
    toldOfFiveAndRestoredAtThree();
    story.write(PUBLISHED, "c", "2").settled();
    requireBroken("Resumable");
  }

  @Test
  void whatWasAnsweredBeforeTheBackupIsInTheRestoredLog() {
    int stream = story.open("c", request());
    story.write(PUBLISHED, "a", "1").write(PUBLISHED, "b", "1");
    long backedUp = story.now();
    story.tell(stream, 1, 2).close(stream).restored(backedUp, 1);
    requireBroken("Durable");
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
