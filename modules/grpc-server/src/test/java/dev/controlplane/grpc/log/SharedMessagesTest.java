package dev.controlplane.grpc.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.Update;
import dev.controlplane.grpc.Await;
import dev.controlplane.grpc.Blobs;
import dev.controlplane.grpc.MemoryLog;
import dev.controlplane.proto.WorkerUpdate;
import dev.controlplane.server.EventLog;
import java.io.OutputStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SharedMessagesTest {
  private static final int SIZE = 1000;

  private final Blobs blobs = new Blobs(SIZE);
  private final EventLog events =
      new EventLog("test", OutputStream.nullOutputStream(), Clock.systemUTC());
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private SharedMessages messages(long bytes) {
    return new SharedMessages(new UpdateEncoder(blobs, SIZE, false, events), bytes);
  }

  private static Update update(int worker) {
    return new Update(
        worker,
        Update.Kind.PUBLISHED,
        "w" + worker,
        "1",
        MemoryLog.DIGEST,
        SIZE,
        Instant.EPOCH,
        "1",
        worker);
  }

  private static ResumeToken place(long revision, int worker) {
    return new ResumeToken("", 1, revision, 1, "w" + worker, false);
  }

  private static WorkerUpdate parsed(EncodedMessage message) {
    try {
      return WorkerUpdate.parseFrom(message.bytes());
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aThousandStreamsAtOneRevisionShareEachMessageAndReadItsBlobOnce() throws Exception {
    SharedMessages messages = messages(1 << 20);
    Set<EncodedMessage> sent = ConcurrentHashMap.newKeySet();
    List<Future<?>> streams = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      streams.add(
          threads.submit(
              () -> {
                for (int worker = 1; worker <= 10; worker++) {
                  messages.send(update(worker), place(10, worker), sent::add);
                }
                return null;
              }));
    }
    for (Future<?> stream : streams) {
      stream.get();
    }
    assertEquals(10, sent.size());
    assertEquals(10, blobs.opened());
  }

  @Test
  void anotherRevisionHasMessagesOfItsOwn() throws Exception {
    SharedMessages messages = messages(1 << 20);
    List<EncodedMessage> sent = new ArrayList<>();
    messages.send(update(1), place(10, 1), sent::add);
    messages.send(update(1), place(11, 1), sent::add);
    messages.send(update(1), place(10, 1), sent::add);
    assertSame(sent.get(0), sent.get(2));
    assertEquals(
        11, ResumeToken.decoded(parsed(sent.get(1)).getResumeToken()).orElseThrow().revision());
  }

  @Test
  void anUpdateAndTheEntryOfASnapshotOfItsRevisionAreNotMixedUp() throws Exception {
    SharedMessages messages = messages(1 << 20);
    List<EncodedMessage> sent = new ArrayList<>();
    ResumeToken after = ResumeToken.after(new LogState("", 1, 10, 0), update(10));
    messages.send(update(10), after, sent::add);
    messages.send(update(10), after.startOfSnapshot(false).inSnapshot("w10"), sent::add);
    messages.send(update(10), after.startOfSnapshot(true).inSnapshot("w10"), sent::add);
    assertEquals(3, sent.stream().map(one -> parsed(one).getResumeToken()).distinct().count());
  }

  @Test
  void whatIsBeingSentStaysWithinTheBudgetAndNobodyWaitsForASlowClientForEver() throws Exception {
    long budget = 5 * (SIZE + 1024);
    SharedMessages messages = messages(budget);
    CountDownLatch sending = new CountDownLatch(5);
    CountDownLatch slow = new CountDownLatch(1);
    List<Future<?>> stuck = new ArrayList<>();
    for (int i = 1; i <= 5; i++) {
      int worker = i;
      stuck.add(
          threads.submit(
              () ->
                  messages.send(
                      update(worker),
                      place(10, worker),
                      _ -> {
                        sending.countDown();
                        awaitAll(slow);
                      })));
    }
    sending.await();
    List<EncodedMessage> sent = new ArrayList<>();
    messages.send(update(3), place(10, 3), sent::add);
    messages.send(update(6), place(10, 6), sent::add);
    assertEquals(SIZE, parsed(sent.get(0)).getWorkerCode().size(), "it shares one that is there");
    assertTrue(parsed(sent.get(1)).getWorkerCode().isEmpty(), "there is no room for its code");
    assertEquals("/file/w6/version/1", parsed(sent.get(1)).getFilePath());
    assertTrue(messages.bytes() <= budget, "holds " + messages.bytes());
    slow.countDown();
    for (Future<?> one : stuck) {
      one.get();
    }
    messages.send(update(6), place(10, 6), sent::add);
    assertEquals(SIZE, parsed(sent.get(2)).getWorkerCode().size());
    assertTrue(messages.bytes() <= budget, "holds " + messages.bytes());
  }

  @Test
  void aStreamThatWaitsForRoomGetsItWhenAnotherIsDone() throws Exception {
    SharedMessages messages = messages(SIZE + 1024);
    CountDownLatch sending = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    Future<?> first =
        threads.submit(
            () ->
                messages.send(
                    update(1),
                    place(10, 1),
                    _ -> {
                      sending.countDown();
                      awaitAll(done);
                    }));
    sending.await();
    List<EncodedMessage> sent = new ArrayList<>();
    Future<?> second = threads.submit(() -> messages.send(update(2), place(10, 2), sent::add));
    done.countDown();
    first.get();
    second.get();
    assertEquals(1, sent.size());
    assertTrue(messages.bytes() <= SIZE + 1024);
  }

  @Test
  void aFailedSendGivesItsRoomBack() throws Exception {
    SharedMessages messages = messages(SIZE + 1024);
    for (int i = 0; i < 3; i++) {
      int worker = i;
      Await.until(Duration.ofSeconds(1), () -> "never", () -> sendFails(messages, worker));
    }
    List<EncodedMessage> sent = new ArrayList<>();
    messages.send(update(7), place(10, 7), sent::add);
    assertEquals(SIZE, parsed(sent.getFirst()).getWorkerCode().size());
  }

  private static boolean sendFails(SharedMessages messages, int worker) {
    try {
      messages.send(
          update(worker),
          place(10, worker),
          _ -> {
            throw new IllegalStateException("the client is gone");
          });
      return false;
    } catch (IllegalStateException e) {
      return true;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void awaitAll(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
