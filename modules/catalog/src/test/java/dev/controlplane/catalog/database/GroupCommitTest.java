package dev.controlplane.catalog.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.catalog.DataDirectory;
import dev.controlplane.catalog.Waiting;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.UnknownVersionException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The writer's transactions: shared, and fair to each request. */
@Timeout(120)
class GroupCommitTest {
  private static final String INSERT =
      "INSERT INTO consumers (id, endpoint, last_seen, last_revision) VALUES (?, '', 0, 0)";

  @TempDir Path directory;
  private final AtomicInteger changes = new AtomicInteger();
  private final CountDownLatch release = new CountDownLatch(1);
  private final List<Throwable> deaths = new CopyOnWriteArrayList<>();
  private GroupCommit writer;

  /** Thrown by the companion after each commit. */
  private volatile Error failure;

  @BeforeEach
  void open() throws Exception {
    DataDirectory.openConsumers(directory).close();
    writer =
        new GroupCommit(
            "test-writer",
            Session.toWrite(Schema.CONSUMERS.in(directory)),
            _ -> {
              changes.incrementAndGet();
              if (failure != null) {
                throw failure;
              }
            },
            deaths::add);
  }

  @AfterEach
  void close() {
    release.countDown();
    writer.close();
  }

  @Test
  void requestsThatGatherShareOneCommit() throws Exception {
    hold();
    List<FutureTask<String>> inserts = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      inserts.add(insertLater("c" + i));
    }
    waiting(100);
    long before = writer.status().transactions();
    release.countDown();
    for (int i = 0; i < 100; i++) {
      assertEquals("c" + i, inserts.get(i).get());
    }
    // That of the request which held the writer, and one for all the others.
    assertEquals(before + 2, writer.status().transactions());
    assertEquals(101, writer.status().requests());
    assertTrue(writer.status().commitNanos() > 0);
    assertEquals(1, changes.get());
    assertEquals(100, count());
  }

  @Test
  void aFailingRequestDoesNotFailItsNeighbours() throws Exception {
    hold();
    FutureTask<String> first = insertLater("first");
    waiting(1);
    FutureTask<Void> refused =
        later(
            session -> {
              throw new UnknownVersionException("no such thing");
            });
    waiting(2);
    FutureTask<Void> broken =
        later(
            session -> {
              session.change(INSERT, "half");
              throw new SQLException("broken in the middle");
            });
    waiting(3);
    FutureTask<Void> wrong =
        later(
            session -> {
              session.change(INSERT, "half too");
              throw new IllegalStateException("a bug");
            });
    waiting(4);
    FutureTask<String> last = insertLater("last");
    waiting(5);
    release.countDown();

    assertEquals("first", first.get());
    assertEquals("last", last.get());
    assertInstanceOf(
        UnknownVersionException.class,
        assertThrows(ExecutionException.class, refused::get).getCause());
    assertTrue(
        assertThrows(ExecutionException.class, broken::get)
            .getCause()
            .getMessage()
            .contains("broken in the middle"));
    assertInstanceOf(
        CatalogException.class, assertThrows(ExecutionException.class, wrong::get).getCause());
    assertEquals(2, count());
    assertEquals("afterwards", writer.commit(session -> insert(session, "afterwards")));
  }

  private static Void overflow(Session session) throws SQLException {
    session.change(INSERT, "deep");
    throw new StackOverflowError();
  }

  private static Void exhaust(Session session) throws SQLException {
    session.change(INSERT, "large");
    throw new OutOfMemoryError("of a test");
  }

  @Test
  void anErrorOfOneRequestHangsNobody() throws Exception {
    hold();
    FutureTask<String> first = insertLater("first");
    waiting(1);
    FutureTask<Void> deep = later(GroupCommitTest::overflow);
    waiting(2);
    FutureTask<Void> large = later(GroupCommitTest::exhaust);
    waiting(3);
    FutureTask<String> last = insertLater("last");
    waiting(4);
    release.countDown();

    assertEquals("first", first.get(20, TimeUnit.SECONDS));
    assertEquals("last", last.get(20, TimeUnit.SECONDS));
    for (FutureTask<Void> broken : List.of(deep, large)) {
      assertInstanceOf(
          CatalogException.class,
          assertThrows(ExecutionException.class, () -> broken.get(20, TimeUnit.SECONDS))
              .getCause());
    }
    assertEquals(2, count());
    assertEquals(List.of(), deaths);
  }

  @Test
  void whatIsOnDiskIsAnsweredAsSuchThoughTheCompanionFailsAfterwards() {
    failure = new InternalError("of the companion");
    assertEquals("kept", writer.commit(session -> insert(session, "kept")));
    failure = null;
    assertEquals(1, count());
    assertEquals(List.of(), deaths);
  }

  @Test
  void anInterruptWithdrawsWhatWasNotBegun() throws Exception {
    hold();
    CountDownLatch checked = new CountDownLatch(1);
    AtomicInteger flags = new AtomicInteger();
    Thread caller =
        Thread.startVirtualThread(
            () -> {
              CatalogException e =
                  assertThrows(
                      CatalogException.class,
                      () -> writer.commit(session -> insert(session, "withdrawn")));
              if (e.getMessage().startsWith("interrupted before")
                  && Thread.currentThread().isInterrupted()) {
                flags.incrementAndGet();
              }
              checked.countDown();
            });
    waiting(1);
    caller.interrupt();
    assertTrue(checked.await(20, TimeUnit.SECONDS));
    assertEquals(1, flags.get());
    release.countDown();
    assertEquals("next", writer.commit(session -> insert(session, "next")));
    assertEquals(1, count());
  }

  @Test
  void anInterruptOfWhatWasBegunWaitsForTheOutcome() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    AtomicInteger flags = new AtomicInteger();
    FutureTask<String> task =
        new FutureTask<>(
            () -> {
              String done =
                  writer.commit(
                      session -> {
                        begun.countDown();
                        await(release);
                        return insert(session, "kept");
                      });
              if (Thread.currentThread().isInterrupted()) {
                flags.incrementAndGet();
              }
              return done;
            });
    Thread caller = Thread.startVirtualThread(task);
    assertTrue(begun.await(20, TimeUnit.SECONDS));
    caller.interrupt();
    release.countDown();
    assertEquals("kept", task.get());
    assertEquals(1, flags.get());
    assertEquals(1, count());
  }

  @Test
  void aWriterThatHangsIsToldByTheProbe() {
    hold();
    CatalogException e =
        assertThrows(
            CatalogException.class, () -> writer.probe(session -> null, 50, TimeUnit.MILLISECONDS));
    assertTrue(e.getMessage().contains("has not answered"), e.getMessage());
  }

  @Test
  void whatWaitsAtTheCloseIsStillDone() throws Exception {
    hold();
    FutureTask<String> waiting = insertLater("in time");
    waiting(1);
    Thread closing = Thread.startVirtualThread(writer::close);
    Waiting.until("the close is in the queue", () -> writer.status().waiting() == 2);
    assertThrows(CatalogException.class, () -> writer.commit(session -> insert(session, "late")));
    release.countDown();
    assertEquals("in time", waiting.get());
    closing.join();
    assertFalse(Thread.getAllStackTraces().keySet().stream().anyMatch(this::isWriter));
  }

  private boolean isWriter(Thread thread) {
    return thread.getName().equals("test-writer");
  }

  /** Keeps the writer busy until {@link #release}. */
  private void hold() {
    CountDownLatch held = new CountDownLatch(1);
    FutureTask<Void> _ =
        later(
            session -> {
              held.countDown();
              await(release);
              return null;
            });
    await(held);
  }

  private void waiting(int requests) {
    Waiting.until(requests + " are waiting", () -> writer.status().waiting() == requests);
  }

  private FutureTask<String> insertLater(String id) {
    return later(session -> insert(session, id));
  }

  private <T> FutureTask<T> later(GroupCommit.Work<T> work) {
    FutureTask<T> task = new FutureTask<>(() -> writer.commit(work));
    Thread.startVirtualThread(task);
    return task;
  }

  private static String insert(Session session, String id) throws SQLException {
    session.change(INSERT, id);
    return id;
  }

  private long count() {
    return writer.commit(session -> session.number("SELECT count(*) FROM consumers"));
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(20, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
