package dev.controlplane.system.history;

import static dev.controlplane.system.history.Kind.BOOKMARK;
import static dev.controlplane.system.history.Kind.DELETED;
import static dev.controlplane.system.history.Kind.PUBLISHED;
import static dev.controlplane.system.history.Kind.RESYNC;
import static dev.controlplane.system.history.Kind.ROLLED_BACK;
import static dev.controlplane.system.history.Kind.SYNCED;
import static dev.controlplane.system.history.Story.held;
import static dev.controlplane.system.history.Story.holding;
import static dev.controlplane.system.history.Story.request;
import static dev.controlplane.system.history.Story.resume;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.controlplane.system.history.Event.Logged;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Histories made by hand in which a backup was restored. */
class RestoredHistoriesTest extends MadeHistory {
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
}
