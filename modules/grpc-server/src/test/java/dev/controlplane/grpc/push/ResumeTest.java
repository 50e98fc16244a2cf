package dev.controlplane.grpc.push;

import static dev.controlplane.grpc.Reporter.report;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.grpc.InProcessServer;
import dev.controlplane.grpc.Reporter;
import dev.controlplane.grpc.Stream;
import dev.controlplane.grpc.Writer;
import dev.controlplane.grpc.log.ResumeToken;
import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.Delivery;
import dev.controlplane.proto.RegisterRequest;
import dev.controlplane.proto.ReportedState;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.proto.UpdateKind;
import dev.controlplane.proto.WorkerUpdate;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a consumer comes back, or comes for the first time and wants to know how things stand. */
@Timeout(120)
class ResumeTest {
  private static final String NO_SUCH_DIGEST = "0".repeat(64);

  @TempDir Path data;
  private Writer writer;
  private InProcessServer server;
  private ManagedChannel channel;

  @BeforeEach
  void start() {
    writer = new Writer(data);
    restart(Map.of());
  }

  @AfterEach
  void stop() {
    server.close();
    writer.close();
  }

  private void restart(Map<String, String> environment) {
    if (server != null) {
      server.close();
    }
    server = new InProcessServer(data, environment);
    channel = server.connect();
  }

  private static SubscribeRequest.Builder request() {
    return SubscribeRequest.newBuilder().setConsumerId("c");
  }

  private Stream open(SubscribeRequest.Builder request) {
    return Stream.open(channel, request);
  }

  static String told(WorkerUpdate update) {
    assertFalse(update.getResumeToken().isEmpty(), "every message has a token");
    return switch (update.getKind()) {
      case SYNCED, BOOKMARK, GOODBYE, RESYNC -> update.getKind() + " @" + update.getRevision();
      default ->
          "%s %s %s @%d"
              .formatted(
                  update.getKind(),
                  update.getWorkerName(),
                  update.getVersion(),
                  update.getRevision());
    };
  }

  private static List<String> told(List<WorkerUpdate> updates) {
    return updates.stream().map(ResumeTest::told).toList();
  }

  private static String sha256(String code) {
    return Writer.sha256(code.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aSnapshotIsTheLatestOfEachWorkerThenSyncedThenWhatFollows() {
    writer.publish("b", "1", "b1");
    writer.publish("a", "1", "a1");
    writer.publish("a", "2", "a2");
    writer.catalog().moveLatest("a", "1");
    writer.publish("gone", "1", "g");
    writer.catalog().delete("gone", "1");
    Stream stream = open(request().setSnapshot(true));
    List<WorkerUpdate> snapshot = stream.take(3);
    assertEquals(List.of("ROLLED_BACK a 1 @4", "PUBLISHED b 1 @1", "SYNCED @6"), told(snapshot));
    assertEquals("a1", snapshot.getFirst().getWorkerCode().toStringUtf8());
    assertEquals(sha256("a1"), snapshot.getFirst().getChecksum());
    assertEquals("/file/a/version/1", snapshot.getFirst().getFilePath());
    writer.publish("b", "2", "b2");
    assertEquals("PUBLISHED b 2 @7", told(stream.next()));
  }

  @Test
  void aSnapshotOfAnEmptyLogIsSyncedAtNothing() {
    Stream stream = open(request().setSnapshot(true));
    assertEquals("SYNCED @0", told(stream.next()));
    writer.publish("a", "1", "a1");
    WorkerUpdate first = stream.next();
    assertEquals("PUBLISHED a 1 @1", told(first));
    Stream again = open(request().setResumeToken(first.getResumeToken()));
    writer.publish("a", "2", "a2");
    assertEquals("PUBLISHED a 2 @2", told(again.next()));
  }

  @Test
  void namedWorkersAloneAreInTheSnapshot() {
    for (String worker : List.of("a", "b", "c")) {
      writer.publish(worker, "1", worker);
    }
    Stream stream =
        open(
            request()
                .setSnapshot(true)
                .addWorkerNames("c")
                .addWorkerNames("a")
                .addWorkerNames("x"));
    assertEquals(
        List.of("PUBLISHED a 1 @1", "PUBLISHED c 1 @3", "SYNCED @3"), told(stream.take(3)));
    writer.publish("b", "2", "b2");
    writer.publish("x", "1", "x1");
    assertEquals("PUBLISHED x 1 @5", told(stream.next()));
  }

  @Test
  void manyMoreWorkersThanAPageAreInTheSnapshotOnceEach() {
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      String worker = "w%03d".formatted(i);
      expected.add("PUBLISHED %s 1 @%d".formatted(worker, writer.publish(worker, "1", worker)));
    }
    expected.add("SYNCED @300");
    assertEquals(expected, told(open(request().setSnapshot(true)).take(301)));
  }

  @Test
  void whatAConsumerHoldsAlreadyDoesNotComeAndWhatIsGoneIsDeleted() {
    writer.publish("same", "1", "same");
    writer.publish("newer", "1", "old");
    writer.publish("newer", "2", "new");
    writer.publish("gone", "1", "gone");
    writer.publish("missing", "1", "missing");
    writer.catalog().delete("gone", "1");
    Stream stream =
        open(
            request()
                .putHeld("same", sha256("same").toUpperCase(java.util.Locale.ROOT))
                .putHeld("newer", sha256("old"))
                .putHeld("gone", sha256("gone"))
                .putHeld("never", NO_SUCH_DIGEST));
    assertEquals(
        List.of(
            "DELETED gone 1 @6",
            "PUBLISHED missing 1 @5",
            "DELETED never  @6",
            "PUBLISHED newer 2 @3",
            "SYNCED @6"),
        told(stream.take(5)));
  }

  @Test
  void whatIsHeldComesAllTheSameWhereItsBytesDoNotTellTheVersion() {
    writer.publish("twins", "1", "same");
    writer.publish("twins", "2", "same");
    writer.publish("single", "1", "same");
    Stream stream =
        open(request().putHeld("twins", sha256("same")).putHeld("single", sha256("same")));
    assertEquals(List.of("PUBLISHED twins 2 @2", "SYNCED @3"), told(stream.take(2)));
    // Who took 1 for what it held would drop the worker now.
    writer.catalog().delete("twins", "1");
    assertEquals("DELETED twins 1 @4", told(stream.next()));
  }

  @Test
  void whatAConsumerRejectedIsNotSentToItAgainUntilAnUpdateMakesItTheLatestAnew() {
    Stream stream = open(request());
    writer.publish("a", "1", "a1");
    writer.publish("a", "2", "a2");
    String behindTheFirst = stream.take(2).getFirst().getResumeToken();
    ControlPlaneGrpc.newBlockingStub(channel)
        .registerConsumer(RegisterRequest.newBuilder().setConsumerId("c").build());
    new Reporter(channel).send(report("c", "a", "2", 2, ReportedState.REJECTED)).accepted();
    restart(Map.of());
    writer.publish("b", "1", "b1");

    Stream resumed = open(request().setResumeToken(behindTheFirst));
    assertEquals("PUBLISHED b 1 @3", told(resumed.next()));
    Stream anew = open(request().setSnapshot(true));
    assertEquals(List.of("PUBLISHED b 1 @3", "SYNCED @3"), told(anew.take(2)));
    Stream other = open(request().setConsumerId("other").setSnapshot(true));
    assertEquals("PUBLISHED a 2 @2", told(other.next()));

    writer.catalog().moveLatest("a", "1");
    writer.catalog().moveLatest("a", "2");
    List<String> back = List.of("ROLLED_BACK a 1 @4", "ROLLED_BACK a 2 @5");
    assertEquals(back, told(resumed.take(2)));
    assertEquals(back, told(anew.take(2)));
  }

  @Test
  void heldWorkersOutsideOfTheNamedOnesAreIgnored() {
    writer.publish("a", "1", "a");
    Stream stream =
        open(
            request()
                .addWorkerNames("a")
                .putHeld("other", NO_SUCH_DIGEST)
                .putHeld("a", sha256("a")));
    assertEquals("SYNCED @1", told(stream.next()));
  }

  @Test
  void aTokenGoesOnRightBehindItsMessageAlsoAfterARestart() {
    Stream stream = open(request());
    writer.publish("a", "1", "1");
    writer.publish("a", "2", "2");
    String token = stream.next().getResumeToken();
    restart(Map.of());
    writer.publish("a", "3", "3");
    Stream again = open(request().setResumeToken(token));
    assertEquals(List.of("PUBLISHED a 2 @2", "PUBLISHED a 3 @3"), told(again.take(2)));
    writer.publish("a", "4", "4");
    assertEquals("PUBLISHED a 4 @4", told(again.next()));
  }

  @Test
  void olderUpdatesWithMuchCodeComeWithItAndWithoutItOnlyWhereThereIsNoRoom() {
    Stream stream = open(request());
    for (int i = 0; i < 20; i++) {
      writer.publish("w", "v" + i, new byte[20_000 + i]);
    }
    String token = stream.next().getResumeToken();
    for (String budget : List.of("1000000", "50000", "0")) {
      restart(Map.of("SNAPSHOT_BYTES", budget));
      List<WorkerUpdate> older = open(request().setResumeToken(token)).take(19);
      for (int i = 1; i < 20; i++) {
        WorkerUpdate update = older.get(i - 1);
        assertEquals("PUBLISHED w v%d @%d".formatted(i, i + 1), told(update));
        assertEquals(budget.equals("0") ? 0 : 20_000 + i, update.getWorkerCode().size());
        assertEquals("/file/w/version/v" + i, update.getFilePath());
      }
    }
  }

  @Test
  void aTokenFromInsideASnapshotGoesOnWithThatSnapshot() {
    for (String worker : List.of("a", "b", "c", "d")) {
      writer.publish(worker, "1", worker);
    }
    String token = open(request().setSnapshot(true)).take(2).getLast().getResumeToken();
    writer.publish("c", "2", "c2");
    writer.catalog().delete("d", "1");
    Stream again = open(request().setSnapshot(true).setResumeToken(token));
    assertEquals(
        List.of(
            "PUBLISHED c 1 @3",
            "PUBLISHED d 1 @4",
            "SYNCED @4",
            "PUBLISHED c 2 @5",
            "DELETED d 1 @6"),
        told(again.take(5)));
  }

  private void assertResync(String token, String reason) {
    long head = writer.publish("b", "before " + reason, "b");
    Stream stream = open(request().setResumeToken(token));
    WorkerUpdate resync = stream.next();
    assertEquals(UpdateKind.RESYNC, resync.getKind(), resync.toString());
    assertTrue(resync.getMessage().contains(reason), resync.getMessage());
    WorkerUpdate item = stream.next();
    while (item.getKind() != UpdateKind.SYNCED) {
      item = stream.next();
    }
    assertEquals(head, item.getRevision());
    writer.publish("b", "after " + reason, "b2");
    assertEquals("PUBLISHED b after " + reason + " @" + (head + 1), told(stream.next()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"garbage", "!", "AAAA", "7"})
  void aGarbledTokenIsAnsweredWithResyncAndASnapshot(String garbage) {
    writer.publish("a", "1", "1");
    assertResync(garbage, "not one of this service");
  }

  @Test
  void aTokenWithOneCharacterChangedIsGarbled() {
    Stream stream = open(request());
    writer.publish("a", "1", "1");
    String token = stream.next().getResumeToken();
    int middle = token.length() / 2;
    char other = token.charAt(middle) == 'A' ? 'B' : 'A';
    assertResync(
        token.substring(0, middle) + other + token.substring(middle + 1),
        "not one of this service");
  }

  @Test
  void aTokenOfAnotherLogALaterRevisionOrAnEarlierEpochIsAnsweredWithResync() {
    Stream stream = open(request());
    writer.publish("a", "1", "1");
    ResumeToken token = ResumeToken.decoded(stream.next().getResumeToken()).orElseThrow();
    String foreign = "00000000-0000-4000-8000-000000000001";
    assertResync(
        new ResumeToken(foreign, token.epoch(), 1, token.fingerprint(), null, false).encoded(),
        "another log");
    assertResync(
        new ResumeToken(token.logId(), token.epoch(), 1000, 5, null, false).encoded(),
        "the log ends at");
    assertResync(
        new ResumeToken(token.logId(), token.epoch() - 1, 1, token.fingerprint(), null, false)
            .encoded(),
        "went back");
    assertResync(
        new ResumeToken(token.logId(), token.epoch(), 1, token.fingerprint() + 1, null, false)
            .encoded(),
        "another update at revision 1");
  }

  @Test
  void aTokenAtTheCutGoesOnAndOneBelowItIsAnsweredWithResync() {
    Stream stream = open(request());
    for (int i = 1; i <= 5; i++) {
      writer.publish("a", String.valueOf(i), "code " + i);
    }
    List<WorkerUpdate> updates = stream.take(5);
    writer.catalog().compact(3);
    Stream at = open(request().setResumeToken(updates.get(2).getResumeToken()));
    assertEquals(List.of("PUBLISHED a 4 @4", "PUBLISHED a 5 @5"), told(at.take(2)));
    Stream below = open(request().setResumeToken(updates.get(1).getResumeToken()));
    List<WorkerUpdate> resynced = below.take(3);
    assertEquals(List.of("RESYNC @5", "PUBLISHED a 5 @5", "SYNCED @5"), told(resynced));
    assertTrue(resynced.getFirst().getMessage().contains("compacted up to revision 3"));
  }

  @Test
  void afterResyncTheSnapshotIsWholeAndHeldWorkersThatAreGoneAreDeleted() {
    writer.publish("a", "1", "a");
    Stream stream =
        open(
            request()
                .setResumeToken("garbage")
                .putHeld("a", sha256("a"))
                .putHeld("gone", NO_SUCH_DIGEST));
    assertEquals(
        List.of("RESYNC @1", "PUBLISHED a 1 @1", "DELETED gone  @1", "SYNCED @1"),
        told(stream.take(4)));
  }

  @Test
  void aSnapshotAfterResyncStaysWholeWhenItIsResumedWithHeld() {
    for (String worker : List.of("a", "b", "c", "d")) {
      writer.publish(worker, "1", worker);
    }
    SubscribeRequest.Builder held = request();
    for (String worker : List.of("a", "b", "c", "d")) {
      held.putHeld(worker, sha256(worker));
    }
    List<WorkerUpdate> cut = open(held.clone().setResumeToken("garbage")).take(3);
    assertEquals(List.of("RESYNC @4", "PUBLISHED a 1 @1", "PUBLISHED b 1 @2"), told(cut));
    for (int from = 0; from < 3; from++) {
      Stream again = open(held.clone().setResumeToken(cut.get(from).getResumeToken()));
      List<String> rest = told(again.take(5 - from));
      assertEquals(
          List.of(
                  "PUBLISHED a 1 @1",
                  "PUBLISHED b 1 @2",
                  "PUBLISHED c 1 @3",
                  "PUBLISHED d 1 @4",
                  "SYNCED @4")
              .subList(from, 5),
          rest);
    }
  }

  @Test
  void aTokenOfEarlierReleasesIsReadAsBefore() {
    writer.publish("a", "1", "a");
    writer.publish("b", "1", "b");
    String synced = open(request().setSnapshot(true)).take(3).getLast().getResumeToken();
    ResumeToken token = ResumeToken.decoded(synced).orElseThrow();
    String before = token.inSnapshot("a").encoded();
    assertEquals(2, java.util.Base64.getUrlDecoder().decode(before)[0], "form 2: in a snapshot");
    assertEquals(1, java.util.Base64.getUrlDecoder().decode(synced)[0], "form 1: outside of one");
    Stream again = open(request().setResumeToken(before).putHeld("b", sha256("b")));
    assertEquals("SYNCED @2", told(again.next()), "held counts, as it did");
  }

  @Test
  void whichLogItIsIsToldToThoseWhoAsk() {
    writer.publish("w", "1", "1");
    WorkerUpdate asked = open(request().setSnapshot(true).setLog(true)).take(2).getLast();
    assertFalse(asked.getLog().isEmpty(), asked::toString);
    WorkerUpdate notAsked = open(request().setSnapshot(true)).take(2).getLast();
    assertEquals("", notAsked.getLog());
    Stream lost = open(request().setResumeToken("nowhere"));
    assertEquals("", lost.take(3).getLast().getLog());
  }

  @Test
  void bookmarksSayHowFarAConsumerIsAlsoPastWhatItDoesNotWant() {
    restart(Map.of("BOOKMARK_INTERVAL", "PT0.05S"));
    Stream stream = open(request().addWorkerNames("mine").setBookmarks(true));
    assertEquals("BOOKMARK @0", told(stream.next()));
    writer.publish("others", "1", "1");
    writer.publish("others", "2", "2");
    WorkerUpdate bookmark = stream.next();
    while (bookmark.getRevision() < 2) {
      assertEquals(UpdateKind.BOOKMARK, bookmark.getKind());
      bookmark = stream.next();
    }
    assertEquals("BOOKMARK @2", told(bookmark));
    stream.cancel();
    writer.publish("mine", "1", "1");
    Stream again = open(request().addWorkerNames("mine").setResumeToken(bookmark.getResumeToken()));
    assertEquals("PUBLISHED mine 1 @3", told(again.next()));
  }

  @Test
  void aStreamOfTheMaximumAgeIsSentAwayWithGoodbye() {
    restart(Map.of("MAX_STREAM_AGE", "PT0.2S"));
    Stream stream = open(request().setSnapshot(true));
    assertEquals(List.of("SYNCED @0", "GOODBYE @0"), told(stream.take(2)));
    Status end = stream.end();
    assertEquals(Status.Code.UNAVAILABLE, end.getCode());
    assertTrue(String.valueOf(end.getDescription()).contains("as long as one may be"));
  }

  @Test
  void theDeletionOfTheLatestNamesWhatIsTheLatestNow() {
    writer.publish("a", "1", "1");
    writer.publish("a", "2", "2");
    writer.publish("a", "3", "3");
    Stream stream = open(request());
    writer.catalog().delete("a", "1");
    writer.catalog().delete("a", "3");
    writer.catalog().delete("a", "2");
    List<WorkerUpdate> deletions = stream.take(3);
    assertEquals(List.of("", "2", ""), deletions.stream().map(WorkerUpdate::getMessage).toList());
    assertEquals(List.of(4L, 5L, 6L), deletions.stream().map(WorkerUpdate::getRevision).toList());
  }

  @Test
  void aConsumerOfTheLatestThatComesBackIsSparedWhatWasReplaced() {
    Stream stream = open(request());
    writer.publish("a", "1", "1");
    String token = stream.next().getResumeToken();
    writer.churn("a-churn", 500);
    writer.publish("b", "1", "1");
    writer.publish("b", "2", "2");
    writer.catalog().delete("b", "1");
    stream.take(503);
    Stream latest = open(request().setResumeToken(token).setDelivery(Delivery.LATEST));
    List<WorkerUpdate> got = latest.take(3);
    assertEquals("a-churn", got.get(0).getWorkerName());
    assertEquals(List.of("PUBLISHED b 2 @503", "DELETED b 1 @504"), told(got.subList(1, 3)));
    writer.publish("b", "3", "3");
    assertEquals("PUBLISHED b 3 @505", told(latest.next()));
  }

  @Test
  void badFieldsAreRefusedByName() {
    assertRefused(request().putHeld("a", "12"), "held of a is \"12\"");
    assertRefused(request().putHeld("a/b", NO_SUCH_DIGEST), "held contains \"/\"");
    assertRefused(request().setDeliveryValue(7), "delivery is 7");
  }

  private void assertRefused(SubscribeRequest.Builder request, String reason) {
    Stream stream = Stream.begin(channel, request);
    Status status = stream.end();
    assertEquals(Status.Code.INVALID_ARGUMENT, status.getCode());
    assertTrue(String.valueOf(status.getDescription()).contains(reason), status.toString());
  }

  @Test
  void tokensDifferFromMessageToMessageAndAreTheSameForAll() {
    Stream one = open(request());
    Stream other = open(SubscribeRequest.newBuilder().setConsumerId("d").setSnapshot(true));
    assertEquals("SYNCED @0", told(other.next()));
    writer.publish("a", "1", "1");
    writer.publish("a", "2", "2");
    List<WorkerUpdate> mine = one.take(2);
    assertEquals(mine, other.take(2));
    assertNotEquals(mine.get(0).getResumeToken(), mine.get(1).getResumeToken());
  }
}
