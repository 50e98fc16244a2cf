package dev.controlplane.system.history;

import static dev.controlplane.system.history.Kind.BOOKMARK;
import static dev.controlplane.system.history.Kind.DELETED;
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
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Histories made by hand in which every guarantee holds, and what is made of them. */
class GoodHistoriesTest extends MadeHistory {
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
  void anUpdateThatWasReadWithoutDescriptorsMayComeWithoutItsCode() {
    int stream = story.open("c", request());
    sixUpdates();
    story.starved().withoutCode(stream, 1).tell(stream, 2, 3, 4, 5, 6, 7).settled();
    requireGood();
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
}
