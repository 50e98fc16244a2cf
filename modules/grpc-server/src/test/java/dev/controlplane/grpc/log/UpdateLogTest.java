package dev.controlplane.grpc.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.controlplane.catalog.CompactedException;
import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.Update;
import dev.controlplane.grpc.Await;
import dev.controlplane.grpc.Blobs;
import dev.controlplane.grpc.MemoryLog;
import dev.controlplane.proto.UpdateKind;
import dev.controlplane.proto.WorkerUpdate;
import dev.controlplane.server.EventLog;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class UpdateLogTest {
  private static final int CATCH_UPS = 4;
  private static final Digest DIGEST = new Digest("ab".repeat(32));

  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final EventLog events = new EventLog("test", written, Clock.systemUTC());
  private final MemoryLog catalog = new MemoryLog();

  private static Update update(Update.Kind kind, String worker, long size) {
    return new Update(
        7, kind, worker, "1 0", DIGEST, size, Instant.ofEpochMilli(1_700_000_000_900L), "2 0", 7);
  }

  private WorkerUpdate encoded(Blobs blobs, int inlineLimit, Update update) throws Exception {
    ResumeToken token = ResumeToken.after(catalog.log(), update);
    return WorkerUpdate.parseFrom(
        new UpdateEncoder(blobs, inlineLimit, false, events).encode(update, token).bytes());
  }

  private UpdateLog log(Blobs blobs, long bytes) {
    return new UpdateLog(
        catalog,
        new UpdateEncoder(blobs, 100, false, events),
        new UpdateLog.Limits(10, bytes, CATCH_UPS, 1 << 20),
        catalog.log());
  }

  private static long revision(EncodedMessage message) {
    try {
      return WorkerUpdate.parseFrom(message.bytes()).getRevision();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void anUpdateTellsAllThatTheLogHas() throws Exception {
    WorkerUpdate message =
        encoded(
            new Blobs(100), 1000, update(Update.Kind.PUBLISHED, "größe/x".replace('/', '%'), 100));
    byte[] code = new byte[100];
    java.util.Arrays.fill(code, (byte) 7);
    assertEquals("größe%x", message.getWorkerName());
    assertEquals("1 0", message.getVersion());
    assertEquals(DIGEST.hex(), message.getChecksum());
    assertArrayEquals(code, message.getWorkerCode().toByteArray());
    assertEquals(100, message.getSize());
    assertEquals("/file/gr%C3%B6%C3%9Fe%25x/version/1%200", message.getFilePath());
    assertEquals(1_700_000_000L, message.getTimestamp());
    assertEquals(7, message.getRevision());
    assertEquals(UpdateKind.PUBLISHED, message.getKind());
    assertEquals("", message.getMessage());
    ResumeToken token = ResumeToken.decoded(message.getResumeToken()).orElseThrow();
    assertEquals(7, token.revision());
    assertEquals(catalog.log().id(), token.logId());
  }

  @Test
  void codeTravelsUpToTheInlineLimitAndNotAByteMore() throws Exception {
    for (long size : new long[] {99, 100}) {
      assertEquals(
          size,
          encoded(new Blobs((int) size), 100, update(Update.Kind.PUBLISHED, "w", size))
              .getWorkerCode()
              .size());
    }
    WorkerUpdate larger = encoded(new Blobs(101), 100, update(Update.Kind.PUBLISHED, "w", 101));
    assertTrue(larger.getWorkerCode().isEmpty());
    assertEquals(101, larger.getSize());
    assertEquals("/file/w/version/1%200", larger.getFilePath());
  }

  @Test
  void aDeletionTellsWhatWentWithoutItsCode() throws Exception {
    Blobs blobs = new Blobs(10);
    WorkerUpdate message = encoded(blobs, 100, update(Update.Kind.DELETED, "w", 10));
    assertEquals(UpdateKind.DELETED, message.getKind());
    assertEquals("1 0", message.getVersion());
    assertEquals("2 0", message.getMessage(), "the latest now");
    assertEquals(DIGEST.hex(), message.getChecksum());
    assertEquals(10, message.getSize());
    assertTrue(message.getWorkerCode().isEmpty());
    assertEquals(0, blobs.opened());
  }

  @Test
  void damagedCodeIsLeftOutAndTheUpdateComesAllTheSame() throws Exception {
    Blobs blobs = new Blobs(10);
    blobs.damage();
    WorkerUpdate message = encoded(blobs, 100, update(Update.Kind.PUBLISHED, "w", 10));
    assertTrue(message.getWorkerCode().isEmpty());
    assertEquals("/file/w/version/1%200", message.getFilePath());
    String line = written.toString(StandardCharsets.UTF_8);
    assertTrue(line.contains("event=update-without-code revision=7 worker=w"), line);
    assertTrue(line.contains("chunk 1 is damaged"), line);
  }

  @Test
  void anUpdateIsEncodedOnceForAllWhoAskAtOnce() throws Exception {
    Blobs blobs = new Blobs(0);
    catalog.append("w");
    UpdateLog log = log(blobs, 1000);
    List<Future<EncodedMessage>> asked = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 200; i++) {
        asked.add(threads.submit(() -> log.message(log.at(1))));
      }
    }
    for (Future<EncodedMessage> one : asked) {
      assertSame(asked.getFirst().get(), one.get());
    }
    assertEquals(1, blobs.opened());
    assertEquals(1, catalog.reads());
  }

  @Test
  void messagesInTheRingAreBoundedByTheirBytesAndMadeAnewForWhoStillWantsThem() {
    catalog.append(20, "w");
    UpdateLog log = log(new Blobs(0), 500);
    List<LogEntry> entries = new ArrayList<>();
    for (Update update : catalog.updates(0, 20)) {
      entries.add(log.add(update, true));
      long inRing = entries.stream().filter(entry -> entry.message() != null).count();
      assertTrue(inRing <= 3, inRing + " messages in the ring");
    }
    assertTrue(entries.getFirst().message() == null);
    EncodedMessage message = log.message(entries.getFirst());
    assertEquals(1, revision(message));
    assertArrayEquals(message.bytes(), log.message(log.at(1)).bytes());
    assertEquals(20, revision(log.message(log.at(20))));
  }

  @Test
  void oldPagesStayWithinTheirBytesHoweverManyReadThem() {
    catalog.append(OldPages.PAGE * 20, "w");
    long budget = 200_000;
    UpdateLog log = log(new Blobs(0), budget);
    for (int i = 0; i < 3; i++) {
      for (long revision = 1; revision <= OldPages.PAGE * 20; revision++) {
        assertEquals(revision, revision(log.message(log.at(revision))));
        assertTrue(log.bytes() <= budget, "holds " + log.bytes());
      }
    }
    assertEquals(60, catalog.reads(), "a page is read once by who reads on");
  }

  @Test
  void aMessageLargerThanTheBudgetGoesOutAllTheSame() {
    catalog.append(3, "w");
    UpdateLog log = log(new Blobs(0), 0);
    assertEquals(1, revision(log.message(log.at(1))));
    EncodedMessage second = log.message(log.at(2));
    assertEquals(2, revision(second));
    assertTrue(log.bytes() < second.length() + 3 * 512 + 1, "holds " + log.bytes());
    Update third = catalog.updates(2, 1).getFirst();
    assertEquals(3, revision(log.message(log.add(third, true))));
    assertEquals(3, revision(log.message(log.at(3))));
  }

  @Test
  void aPageThatIsCutInsideIsReadFromBehindTheCut() {
    catalog.append(300, "w");
    catalog.compact(150);
    UpdateLog log = log(new Blobs(0), 100_000);
    assertEquals(151, log.at(151).revision());
    assertEquals(256, log.at(256).revision());
    assertEquals(257, log.at(257).revision());
    assertThrows(CompactedException.class, () -> log.at(150));
    assertThrows(CompactedException.class, () -> log.at(3));
  }

  @Test
  void nothingIsReadOfAnotherLogThanTheOneThatWasFound() {
    catalog.append(10, "w");
    UpdateLog log = log(new Blobs(0), 100_000);
    catalog.nextEpoch();
    assertThrows(LogGoneException.class, () -> log.at(1));
    assertThrows(LogGoneException.class, () -> log.snapshot(10, List.of("w")));
    assertThrows(LogGoneException.class, log::state);
    assertEquals(0, log.bytes());
  }

  @Test
  void aSnapshotIsNotReadOfALogThatEndsBeforeItsRevision() {
    catalog.append(10, "w");
    UpdateLog log = log(new Blobs(0), 100_000);
    catalog.truncate();
    catalog.append(9, "w");
    assertThrows(LogGoneException.class, () -> log.snapshot(10, List.of("w")));
  }

  @Test
  void aBackupOfTheLogThatEndsBeforeWhatWasFollowedIsNotRead() {
    catalog.append(10, "w");
    UpdateLog log = log(new Blobs(0), 100_000);
    assertEquals(10, log.state().head());
    catalog.truncate();
    catalog.append(9, "w");
    assertThrows(LogGoneException.class, log::state);
    assertThrows(LogGoneException.class, () -> log.read(0, 5));
    catalog.append(1, "w");
    assertEquals(10, log.state().head());
  }

  @Test
  void aRevisionThatTheLogLostIsToldOf() {
    UpdateLog log = log(new Blobs(0), 1000);
    assertThrows(MissingUpdateException.class, () -> log.at(3));
  }

  /** Reads a log from a position to its end, as a subscription that is far behind does. */
  private static void catchUp(UpdateLog log, AtomicLong position, int end) throws Exception {
    CatchUpTurns.Holder turn = log.turns().holder(() -> false, position::get);
    while (position.get() < end) {
      assertTrue(turn.await());
      position.set(log.at(position.get() + 1).revision());
    }
    turn.end();
  }

  @Test
  void manyWhoCatchUpFromAnywhereReadEachPageAboutOnceThoughFewPagesFitIntoMemory()
      throws Exception {
    int pages = 40;
    int end = pages * OldPages.PAGE;
    catalog.append(end, "w");
    UpdateLog log = log(new Blobs(0), pages / 4L * OldPages.PAGE * 512);
    List<CatchUpTurns.Turn> held = new ArrayList<>();
    for (int i = 0; i < CATCH_UPS; i++) {
      held.add(log.turns().take(() -> false, 0));
    }
    Random random = new Random(1);
    List<Future<?>> all = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 60; i++) {
        AtomicLong position = new AtomicLong(random.nextInt(end));
        all.add(
            threads.submit(
                () -> {
                  catchUp(log, position, end);
                  return null;
                }));
      }
      Await.until(
          Duration.ofSeconds(20), () -> "all wait", () -> log.turns().waiting() == all.size());
      held.forEach(log.turns()::end);
    }
    for (Future<?> one : all) {
      one.get();
    }
    assertTrue(catalog.reads() < 2L * pages, () -> catalog.reads() + " reads of " + pages);
  }
}
