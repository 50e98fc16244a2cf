package dev.controlplane.client.agent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.FakeControlPlane;
import dev.controlplane.client.Fixtures;
import dev.controlplane.client.RunningAgent;
import dev.controlplane.client.agent.admission.Admission;
import dev.controlplane.client.agent.admission.RejectedException;
import dev.controlplane.client.agent.state.Withheld;
import dev.controlplane.client.files.Places;
import dev.controlplane.client.stream.Subscription;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(180)
class AgentTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private Path parent;
  private Path root;
  private FakeControlPlane plane;
  private final List<RunningAgent> started = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    root = parent.resolve("agent");
    plane = new FakeControlPlane(1 << 20);
  }

  @AfterEach
  void stop() throws Exception {
    for (RunningAgent agent : started) {
      agent.stop();
    }
    plane.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void await(BooleanSupplier condition, Supplier<String> what) {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, () -> "not so after " + LIMIT + ": " + what.get());
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
  }

  private RunningAgent running(AgentSettings settings, Admission admission) {
    RunningAgent agent = new RunningAgent(plane, settings, admission, new Places());
    started.add(agent);
    return agent;
  }

  private RunningAgent agent() {
    return agent(3, Admission.ALL);
  }

  private RunningAgent agent(int keep, Admission admission) {
    return running(new AgentSettings("me", root, List.of(), keep, Subscription.SILENCE), admission);
  }

  /** What {@code current} names, by the link itself. */
  private String link(String worker) throws IOException {
    Path link = root.resolve(worker).resolve("current");
    return Files.exists(link, LinkOption.NOFOLLOW_LINKS)
        ? Files.readSymbolicLink(link).toString()
        : "nothing";
  }

  private byte[] current(String worker) throws IOException {
    return Files.readAllBytes(root.resolve(worker).resolve("current"));
  }

  private List<String> kept(String worker) throws IOException {
    return Fixtures.files(root.resolve(worker).resolve("versions"));
  }

  @Test
  void aPublishedVersionBecomesActiveAndIsReported() throws Exception {
    RunningAgent agent = agent();
    agent.await(AgentEvent.Kind.SYNCED);
    plane.publish("w.js", "1.0", bytes("one"));
    assertEquals(1, agent.await(AgentEvent.Kind.ACTIVE).revision());
    assertEquals("versions/1.0", link("w.js"));
    assertArrayEquals(bytes("one"), current("w.js"));
    await(() -> plane.reports().size() == 3, () -> plane.reports().toString());
    assertEquals(
        List.of("w.js 1.0 1 RECEIVED", "w.js 1.0 1 VERIFIED", "w.js 1.0 1 ACTIVE"),
        plane.reports());
  }

  @Test
  void whatWasThereBeforeComesFirstAndLargeVersionsAreFetched() throws Exception {
    byte[] large = Fixtures.random((1 << 20) + 1);
    plane.publish("small", "1", bytes(""));
    plane.publish("large", "1", large);
    RunningAgent agent = agent();
    AgentEvent synced = agent.await(AgentEvent.Kind.SYNCED);
    assertEquals(2, synced.revision());
    assertEquals("", synced.message());
    assertArrayEquals(large, current("large"));
    assertArrayEquals(bytes(""), current("small"));
    assertEquals(List.of("GET /file/large/version/1"), plane.fetched());
  }

  @Test
  void onlyTheWorkersAskedForAreKept() throws Exception {
    plane.publish("a", "1", bytes("a"));
    plane.publish("b", "1", bytes("b"));
    RunningAgent agent =
        running(
            new AgentSettings("me", root, List.of("b"), 1, Subscription.SILENCE), Admission.ALL);
    agent.await(AgentEvent.Kind.SYNCED);
    assertEquals("nothing", link("a"));
    assertEquals("versions/1", link("b"));
    agent.stop();
    // What another agent asked for is not in the position of this one.
    RunningAgent wider = agent();
    wider.await(AgentEvent.Kind.SYNCED);
    assertEquals("versions/1", link("a"));
  }

  @Test
  void aRejectedVersionLeavesTheLastGoodOneActive() throws Exception {
    plane.publish("w", "good", bytes("good"));
    List<String> shown = new ArrayList<>();
    Admission admission =
        candidate -> {
          shown.add(candidate.version());
          assertEquals("versions/good".equals(linkOf(candidate.worker())), shown.size() > 1);
          if (candidate.version().equals("bad")) {
            throw new RejectedException("syntax", "line 1: no");
          }
        };
    RunningAgent agent = agent(3, admission);
    agent.awaitActive("w", "good");
    plane.publish("w", "bad", bytes("bad"));
    AgentEvent rejected = agent.await(AgentEvent.Kind.REJECTED);
    assertEquals("syntax line 1: no", rejected.code() + " " + rejected.message());
    assertEquals("versions/good", link("w"));
    assertEquals(List.of("good"), kept("w"));
    await(
        () -> plane.reports().contains("w bad 2 REJECTED syntax"),
        () -> plane.reports().toString());
    // It is not shown again, whoever tells of it again.
    agent.stop();
    plane.replaceLog();
    RunningAgent again = agent(3, Admission.ALL);
    again.await(AgentEvent.Kind.RESYNC);
    again.awaitActive("w", "bad");
    assertEquals(List.of("good", "bad"), shown);
  }

  private String linkOf(String worker) {
    try {
      return link(worker);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void anExceptionOfTheCallbackRejects() throws Exception {
    plane.publish("w", "1", bytes("1"));
    RunningAgent agent =
        agent(
            3,
            _ -> {
              throw new IllegalStateException("oops");
            });
    assertEquals(
        "java.lang.IllegalStateException: oops", agent.await(AgentEvent.Kind.REJECTED).message());
    assertEquals("nothing", link("w"));
  }

  @Test
  void aVersionThatCouldNotBeJudgedIsShownAgainUntilItIs() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    plane.publish("w", "1", bytes("1"));
    RunningAgent agent =
        agent(
            3,
            _ -> {
              if (asked.incrementAndGet() < 4) {
                throw RejectedException.undecided("127", "sh: hook: not found");
              }
            });
    AgentEvent waiting = agent.await(AgentEvent.Kind.WAITING);
    assertEquals("127 sh: hook: not found", waiting.code() + " " + waiting.message());
    agent.awaitActive("w", "1");
    assertEquals(4, asked.get());
    assertTrue(
        agent.seen().stream().noneMatch(event -> event.kind() == AgentEvent.Kind.REJECTED),
        agent.seen()::toString);
  }

  @Test
  void aVersionThatIsNeverJudgedIsRejectedInTheEnd() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    plane.publish("w", "1", bytes("1"));
    RunningAgent agent =
        agent(
            3,
            _ -> {
              asked.incrementAndGet();
              throw RejectedException.undecided("timeout", "took longer than 1 s");
            });
    AgentEvent rejected = agent.await(AgentEvent.Kind.REJECTED);
    assertEquals("timeout took longer than 1 s", rejected.code() + " " + rejected.message());
    assertEquals(8, asked.get());
    assertEquals("nothing", link("w"));
  }

  @Test
  void whatWasRejectedIsTriedOnceMoreWhereThatIsAskedFor() throws Exception {
    Admission none =
        _ -> {
          throw new RejectedException("1", "no");
        };
    plane.publish("w", "1", bytes("1"));
    RunningAgent agent = agent(3, none);
    agent.await(AgentEvent.Kind.REJECTED);
    agent.await(AgentEvent.Kind.SYNCED);
    agent.stop();

    RunningAgent without = agent();
    plane.publish("other", "1", bytes("x"));
    without.awaitActive("other", "1");
    assertEquals("nothing", link("w"));
    without.stop();

    RunningAgent with = running(settings().retryRejected(true), Admission.ALL);
    with.awaitActive("w", "1");
    assertArrayEquals(bytes("1"), current("w"));
    await(() -> plane.reports().contains("w 1 1 ACTIVE"), () -> plane.reports().toString());
  }

  @Test
  void aRollbackToAVersionThatIsKeptNeedsNoDownload() throws Exception {
    plane.close();
    plane = new FakeControlPlane(-1);
    RunningAgent agent = agent(2, Admission.ALL);
    agent.await(AgentEvent.Kind.SYNCED);
    for (String version : List.of("1", "2", "3")) {
      plane.publish("w", version, bytes(version));
      agent.awaitActive("w", version);
    }
    plane.rollBack("w", "2");
    agent.awaitActive("w", "2");
    assertEquals("versions/2", link("w"));
    // What comes next comes after the rest of this.
    plane.publish("other", "1", bytes("x"));
    agent.awaitActive("other", "1");
    assertEquals(List.of("2", "3"), kept("w"));
    assertEquals(4, plane.fetched().size());
    // What is not kept is fetched.
    plane.rollBack("w", "1");
    agent.awaitActive("w", "1");
    assertEquals(5, plane.fetched().size());
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403, 404, 500, 502})
  void aProxyWithoutARouteToTheBytesIsWaitedFor(int status) throws Exception {
    byte[] large = Fixtures.random((1 << 20) + 1);
    plane.proxyAnswers(status);
    plane.publish("w", "1", large);
    RunningAgent agent = agent();
    AgentEvent waiting = agent.await(AgentEvent.Kind.WAITING);
    assertEquals("no route matched", waiting.message());
    plane.proxyAnswers(0);
    agent.awaitActive("w", "1");
    assertTrue(
        agent.seen().stream().noneMatch(event -> event.kind() == AgentEvent.Kind.REJECTED),
        agent.seen()::toString);
  }

  @Test
  void deletionsAreFollowed() throws Exception {
    RunningAgent agent = agent(1, Admission.ALL);
    agent.await(AgentEvent.Kind.SYNCED);
    for (String version : List.of("1", "2", "3")) {
      plane.publish("w", version, bytes(version));
      agent.awaitActive("w", version);
    }
    // The latest: the one before it comes back, though it is not on disk any more.
    plane.delete("w", "3");
    agent.awaitActive("w", "2");
    assertEquals("versions/2", link("w"));
    await(() -> plane.reports().contains("w 2 4 ACTIVE"), () -> plane.reports().toString());
    // An old one.
    plane.delete("w", "1");
    plane.publish("other", "1", bytes("x"));
    agent.awaitActive("other", "1");
    assertEquals("versions/2", link("w"));
    // The last.
    plane.delete("w", "2");
    assertEquals("w", agent.await(AgentEvent.Kind.REMOVED).worker());
    assertFalse(Files.exists(root.resolve("w"), LinkOption.NOFOLLOW_LINKS));
  }

  @Test
  void aDeletedVersionThatIsActiveStaysUntilAnotherIs() throws Exception {
    plane.publish("w", "good", bytes("good"));
    RunningAgent agent =
        agent(
            3,
            candidate -> {
              if (candidate.version().equals("bad")) {
                throw new RejectedException("no", "no");
              }
            });
    agent.awaitActive("w", "good");
    plane.publish("w", "bad", bytes("bad"));
    agent.await(AgentEvent.Kind.REJECTED);
    plane.delete("w", "good");
    plane.publish("other", "1", bytes("x"));
    agent.awaitActive("other", "1");
    assertArrayEquals(bytes("good"), current("w"));
    plane.publish("w", "better", bytes("better"));
    agent.awaitActive("w", "better");
    plane.publish("other", "2", bytes("x"));
    agent.awaitActive("other", "2");
    assertEquals(List.of("better"), kept("w"));
  }

  @Test
  void withoutAServerWhatIsActiveStaysAndThenItGoesOnWhereItWas() throws Exception {
    plane.publish("a", "1", bytes("a1"));
    plane.publish("b", "1", bytes("b1"));
    RunningAgent first = agent();
    first.await(AgentEvent.Kind.SYNCED);
    first.stop();
    plane.publish("a", "2", bytes("a2"));
    plane.delete("b", "1");
    plane.stop();
    RunningAgent second = agent();
    assertEquals("a", second.await(AgentEvent.Kind.FOUND).worker());
    assertEquals("b", second.await(AgentEvent.Kind.FOUND).worker());
    second.await(AgentEvent.Kind.DISCONNECTED);
    assertArrayEquals(bytes("a1"), current("a"));
    plane.start();
    second.awaitActive("a", "2");
    second.await(AgentEvent.Kind.REMOVED);
    assertEquals("first:2", plane.requests().getLast().getResumeToken());
    assertTrue(
        second.seen().stream().noneMatch(event -> event.kind() == AgentEvent.Kind.RESYNC),
        second.seen()::toString);
  }

  @Test
  void whatWasDamagedIsNotUsedAndIsMadeGoodByTheServer() throws Exception {
    RunningAgent first = agent();
    first.await(AgentEvent.Kind.SYNCED);
    plane.publish("w", "1", bytes("one"));
    first.awaitActive("w", "1");
    plane.publish("w", "2", bytes("two"));
    first.awaitActive("w", "2");
    plane.publish("alone", "1", bytes("xyz"));
    first.awaitActive("alone", "1");
    first.stop();
    plane.stop();
    Files.writeString(root.resolve("w/versions/2"), "tow");
    Files.writeString(root.resolve("alone/versions/1"), "xy");
    RunningAgent second = agent();
    assertEquals("alone", second.await(AgentEvent.Kind.DAMAGED).worker());
    assertEquals("2", second.await(AgentEvent.Kind.DAMAGED).version());
    assertEquals("1", second.await(AgentEvent.Kind.FOUND).version());
    assertEquals("versions/1", link("w"));
    assertEquals("nothing", link("alone"));
    plane.start();
    second.await(AgentEvent.Kind.SYNCED);
    assertArrayEquals(bytes("two"), current("w"));
    assertArrayEquals(bytes("xyz"), current("alone"));
  }

  private AgentSettings settings() {
    return new AgentSettings("me", root);
  }

  /** Workers of these names, an agent that has them, and then a log without those that go. */
  private RunningAgent restored(AgentSettings settings, List<String> workers, List<String> lost)
      throws Exception {
    for (String worker : workers) {
      plane.publish(worker, "1", bytes(worker));
    }
    RunningAgent agent = running(settings, Admission.ALL);
    agent.await(AgentEvent.Kind.SYNCED);
    plane.stop();
    plane.replaceLog();
    lost.forEach(plane::forget);
    plane.start();
    return agent;
  }

  private static List<String> names(List<Withheld> withheld) {
    return withheld.stream().map(one -> one.worker() + " " + one.reason().code()).toList();
  }

  @Test
  void deletionsThatFollowFromAnotherLogAreWithheldAndTold() throws Exception {
    RunningAgent agent = restored(settings(), List.of("a", "b", "c"), List.of("c"));
    AgentEvent withheld = agent.await(AgentEvent.Kind.WITHHELD);
    assertEquals(
        "c 1 new_log", withheld.worker() + " " + withheld.version() + " " + withheld.code());
    assertEquals("withheld deletions: 1 (c)", agent.await(AgentEvent.Kind.SYNCED).message());
    assertEquals("versions/1", link("c"));
    await(
        () -> plane.messages().contains("withheld deletions: 1 (c)"),
        () -> plane.messages().toString());
    assertEquals(List.of("c new_log"), names(Agent.status(root).withheld()));
    // What the new log publishes is taken.
    plane.publish("a", "2", bytes("a2"));
    agent.awaitActive("a", "2");
    // It is told again by the next agent, and still there.
    agent.stop();
    assertFalse(Agent.status(root).running());
    RunningAgent again = agent();
    assertEquals("c", again.await(AgentEvent.Kind.WITHHELD).worker());
    again.await(AgentEvent.Kind.CONNECTED);
    assertEquals("versions/1", link("c"));
    // The log has the worker again: nothing is withheld any more.
    plane.publish("c", "2", bytes("c2"));
    again.awaitActive("c", "2");
    assertEquals(List.of(), Agent.status(root).withheld());
  }

  @Test
  void aConfirmedDeletionIsCarriedOutByARunningAgentAndByTheNextOne() throws Exception {
    RunningAgent agent = restored(settings(), List.of("a", "b", "c"), List.of("b"));
    agent.await(AgentEvent.Kind.WITHHELD);
    assertTrue(Agent.status(root).running());
    assertEquals(List.of("b new_log"), names(Agent.confirmDeletions(root)));
    assertEquals("b", agent.await(AgentEvent.Kind.REMOVED).worker());
    assertEquals("nothing", link("b"));
    await(
        () -> {
          try {
            return Agent.status(root).withheld().isEmpty();
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        },
        () -> "still withheld");
    plane.stop();
    plane.replaceLog();
    plane.forget("c");
    plane.start();
    assertEquals("c", agent.await(AgentEvent.Kind.WITHHELD).worker());
    agent.stop();
    Agent.confirmDeletions(root);
    plane.stop();
    assertEquals("c", agent().await(AgentEvent.Kind.REMOVED).worker());
  }

  @Test
  void anAgentThatIsToFollowDeletesAlsoWhatWasWithheldBefore() throws Exception {
    RunningAgent keeping = restored(settings(), List.of("a", "b", "c"), List.of("b"));
    keeping.await(AgentEvent.Kind.WITHHELD);
    keeping.stop();
    RunningAgent following = running(settings().onNewLog(NewLog.FOLLOW), Admission.ALL);
    assertEquals("b", following.await(AgentEvent.Kind.REMOVED).worker());
    plane.stop();
    plane.replaceLog();
    plane.forget("a");
    plane.start();
    assertEquals("a", following.await(AgentEvent.Kind.REMOVED).worker());
    assertEquals("versions/1", link("c"));
  }

  @Test
  void anAgentThatIsToStopEndsAndDeletesNothing() throws Exception {
    RunningAgent agent =
        restored(settings().onNewLog(NewLog.STOP), List.of("a", "b"), List.of("a", "b"));
    assertTrue(agent.failure() instanceof NewLogException, agent.failure()::toString);
    assertEquals("versions/1", link("a"));
    assertEquals("versions/1", link("b"));
  }

  @Test
  void aSnapshotThatDeletesMoreThanItMayIsWithheldUntilItIsConfirmed() throws Exception {
    AgentSettings follow = settings().onNewLog(NewLog.FOLLOW);
    List<String> workers = List.of("a", "b", "c", "d", "e", "f", "g", "h");
    // 4 of 8 are not more than half.
    RunningAgent agent = restored(follow, workers, List.of("a", "b", "c", "d"));
    for (int i = 0; i < 4; i++) {
      agent.await(AgentEvent.Kind.REMOVED);
    }
    plane.stop();
    plane.replaceLog();
    // 3 of 4 are more than half, but few.
    List.of("e", "f", "g").forEach(plane::forget);
    plane.start();
    for (int i = 0; i < 3; i++) {
      agent.await(AgentEvent.Kind.REMOVED);
    }
    agent.stop();
    for (String worker : workers) {
      plane.publish(worker, "2", bytes(worker + " 2"));
    }
    RunningAgent next = running(follow, Admission.ALL);
    // Whether by a snapshot or not: the agent may have been stopped before it was through with one.
    for (int i = 0; i < workers.size(); i++) {
      next.await(AgentEvent.Kind.ACTIVE);
    }
    plane.stop();
    plane.replaceLog();
    workers.subList(0, 5).forEach(plane::forget);
    plane.start();
    assertEquals("max_delete", next.await(AgentEvent.Kind.WITHHELD).code());
    next.await(AgentEvent.Kind.SYNCED);
    for (String worker : workers) {
      assertEquals("versions/2", link(worker));
    }
    assertEquals(5, Agent.confirmDeletions(root).size());
    for (int i = 0; i < 5; i++) {
      next.await(AgentEvent.Kind.REMOVED);
    }
    assertEquals("nothing", link("e"));
    assertEquals("versions/2", link("f"));
  }

  @Test
  void aListenerThatFailsEndsNeitherTheStreamNorTheReports() throws Exception {
    plane.refuseReportsOf("b");
    Thread agent =
        Thread.ofVirtual()
            .start(
                () -> {
                  try (ControlPlaneClient client =
                      new ControlPlaneClient(plane.endpoints(), Fixtures.QUICK)) {
                    client
                        .agent(
                            settings(),
                            Admission.ALL,
                            event -> {
                              throw new IllegalStateException("a listener that fails");
                            })
                        .run();
                  } catch (IOException | InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    try {
      plane.publish("a", "1", bytes("a"));
      plane.publish("b", "1", bytes("b"));
      await(() -> plane.reports().contains("a 1 1 ACTIVE"), () -> plane.reports().toString());
      plane.publish("c", "1", bytes("c"));
      await(() -> plane.reports().contains("c 1 3 ACTIVE"), () -> plane.reports().toString());
    } finally {
      agent.interrupt();
      agent.join();
    }
  }

  @Test
  void anotherLogIsComparedAsAWhole() throws Exception {
    for (String worker : List.of("same", "other", "gone")) {
      plane.publish(worker, "1", bytes(worker));
    }
    RunningAgent agent = running(settings().onNewLog(NewLog.FOLLOW), Admission.ALL);
    agent.await(AgentEvent.Kind.SYNCED);
    plane.stop();
    plane.replaceLog();
    plane.forget("gone");
    plane.publish("other", "1", bytes("other bytes under the same name"));
    plane.start();
    agent.await(AgentEvent.Kind.RESYNC);
    agent.await(AgentEvent.Kind.SYNCED);
    assertArrayEquals(bytes("other bytes under the same name"), current("other"));
    assertArrayEquals(bytes("same"), current("same"));
    assertEquals("nothing", link("gone"));
    // Revisions of the new log may be lower than those that were dealt with.
    plane.publish("same", "2", bytes("newer"));
    agent.awaitActive("same", "2");
  }

  @Test
  void aSlowVersionHoldsUpNeitherTheStreamNorThePosition() throws Exception {
    plane.close();
    plane = new FakeControlPlane(10);
    RunningAgent agent = agent();
    agent.await(AgentEvent.Kind.SYNCED);
    plane.serveBytes(false);
    byte[] large = Fixtures.random(100);
    plane.publish("large", "1", large);
    assertEquals("not now", agent.await(AgentEvent.Kind.WAITING).message());
    plane.publish("small", "1", bytes("small"));
    agent.awaitActive("small", "1");
    agent.stop();
    // The position is before what was not done, and what was done is not done again.
    RunningAgent second = agent();
    second.await(AgentEvent.Kind.WAITING);
    plane.serveBytes(true);
    second.awaitActive("large", "1");
    assertArrayEquals(large, current("large"));
    assertEquals("first:0", plane.requests().getLast().getResumeToken());
    assertTrue(
        second.seen().stream()
            .noneMatch(
                event -> event.kind() == AgentEvent.Kind.ACTIVE && event.worker().equals("small")),
        second.seen()::toString);
  }

  @Test
  void aDiskThatTakesNothingIsReportedAndTriedAgain() throws Exception {
    RunningAgent agent = agent();
    agent.await(AgentEvent.Kind.SYNCED);
    plane.publish("other", "1", bytes("x"));
    agent.awaitActive("other", "1");
    Files.writeString(root.resolve("w"), "in the way");
    plane.publish("w", "1", bytes("one"));
    AgentEvent waiting = agent.await(AgentEvent.Kind.WAITING);
    assertEquals("disk", waiting.code());
    assertTrue(waiting.message().endsWith("w: is in the way"), waiting::message);
    await(() -> plane.reports().contains("w 1 1 REJECTED disk"), () -> plane.reports().toString());
    Files.delete(root.resolve("w"));
    agent.awaitActive("w", "1");
    await(() -> plane.reports().contains("w 1 2 ACTIVE"), () -> plane.reports().toString());
  }

  @Test
  void noNameLeadsOutOfTheDirectoryOrIntoTheAgentsOwnFiles() throws Exception {
    plane.publish("w", "current", bytes("a version called current"));
    plane.publish("versions", "versions", bytes("v"));
    plane.publish(".cpctl-agent", "lock", bytes("lock"));
    plane.publish("..", "1", bytes("up"));
    plane.publish("up", "../../../up", bytes("up"));
    RunningAgent agent = agent();
    agent.await(AgentEvent.Kind.SYNCED);
    assertArrayEquals(bytes("a version called current"), current("w"));
    assertArrayEquals(bytes("v"), current("versions"));
    assertEquals("nothing", link("up"));
    assertEquals(0, Files.size(root.resolve(".cpctl-agent/lock")));
    assertEquals(List.of("agent"), names(parent));
    assertEquals(
        List.of("reserved_name", "invalid_name", "invalid_name").stream().sorted().toList(),
        agent.seen().stream()
            .filter(event -> event.kind() == AgentEvent.Kind.REJECTED)
            .map(AgentEvent::code)
            .sorted()
            .toList());
  }

  private static List<String> names(Path directory) throws IOException {
    try (var entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void oneAgentWorksInADirectory() throws Exception {
    RunningAgent first = agent();
    first.await(AgentEvent.Kind.SYNCED);
    Throwable failure = agent().failure();
    assertTrue(failure.getMessage().contains("another agent works in"), failure::getMessage);
    first.stop();
    agent().await(AgentEvent.Kind.CONNECTED);
  }

  @Test
  void aReportThatIsRefusedHoldsUpNoOther() throws Exception {
    plane.refuseReportsOf("b");
    for (String worker : List.of("a", "b", "c")) {
      plane.publish(worker, "1", bytes(worker));
    }
    RunningAgent agent = agent();
    assertEquals("b", agent.await(AgentEvent.Kind.UNREPORTED).worker());
    await(
        () -> plane.reports().contains("a 1 1 ACTIVE") && plane.reports().contains("c 1 3 ACTIVE"),
        () -> plane.reports().toString());
  }

  @Test
  void reportsWaitForAServerThatIsAway() throws Exception {
    plane.publish("w", "1", bytes("1"));
    CompletableFuture<Void> shown = new CompletableFuture<>();
    CompletableFuture<Void> away = new CompletableFuture<>();
    RunningAgent agent =
        agent(
            3,
            _ -> {
              shown.complete(null);
              away.join();
            });
    shown.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    plane.stop();
    away.complete(null);
    agent.awaitActive("w", "1");
    plane.start();
    await(() -> plane.reports().contains("w 1 1 ACTIVE"), () -> plane.reports().toString());
    List<String> once = plane.reports().stream().distinct().toList();
    assertEquals(List.of("w 1 1 RECEIVED", "w 1 1 VERIFIED", "w 1 1 ACTIVE"), once);
  }
}
