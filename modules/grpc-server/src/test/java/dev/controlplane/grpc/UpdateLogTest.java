package dev.controlplane.grpc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.catalog.Digest;
import dev.controlplane.catalog.Update;
import dev.controlplane.proto.UpdateKind;
import dev.controlplane.proto.WorkerUpdate;
import dev.controlplane.server.EventLog;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class UpdateLogTest {
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
        new UpdateEncoder(blobs, inlineLimit, events).encode(update, token));
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
    UpdateLog log = new UpdateLog(catalog, new UpdateEncoder(blobs, 100, events), 10, 1000);
    List<Future<byte[]>> asked = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 200; i++) {
        asked.add(threads.submit(() -> log.message(log.at(1))));
      }
    }
    for (Future<byte[]> one : asked) {
      assertSame(asked.getFirst().get(), one.get());
    }
    assertEquals(1, blobs.opened());
    assertEquals(1, catalog.reads());
  }

  @Test
  void messagesInMemoryAreBoundedByTheirBytesAndMadeAnewForWhoStillWantsThem() {
    catalog.append(20, "w");
    UpdateLog log = new UpdateLog(catalog, new UpdateEncoder(new Blobs(0), 0, events), 20, 500);
    LogEntry first = log.at(1);
    byte[] message = log.message(first);
    for (long revision = 2; revision <= 20; revision++) {
      log.message(log.at(revision));
      assertTrue(log.bytes() <= 500, "holds " + log.bytes());
    }
    assertArrayEquals(message, log.message(first));
    assertTrue(log.bytes() > 0);
  }

  @Test
  void aMessageLargerThanTheWindowGoesOutAllTheSame() {
    catalog.append(2, "w");
    UpdateLog log = new UpdateLog(catalog, new UpdateEncoder(new Blobs(0), 0, events), 1, 0);
    assertTrue(log.message(log.at(1)).length > 0);
    assertTrue(log.message(log.at(2)).length > 0);
    assertEquals(log.message(log.at(2)).length, log.bytes());
  }

  @Test
  void aRevisionThatTheLogLostIsToldOf() {
    UpdateLog log = new UpdateLog(catalog, new UpdateEncoder(new Blobs(0), 0, events), 10, 1000);
    assertThrows(MissingUpdateException.class, () -> log.at(3));
  }
}
