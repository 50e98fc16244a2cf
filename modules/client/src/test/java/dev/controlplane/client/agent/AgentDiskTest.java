package dev.controlplane.client.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.client.FakeControlPlane;
import dev.controlplane.client.InvalidNameException;
import dev.controlplane.client.RunningAgent;
import dev.controlplane.client.agent.admission.Admission;
import dev.controlplane.client.agent.admission.CommandAdmission;
import dev.controlplane.client.files.FoldingEntries;
import dev.controlplane.client.files.PartFile;
import dev.controlplane.client.files.Places;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an agent does to its disk, and to those who share it. */
@Timeout(180)
class AgentDiskTest {
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

  private RunningAgent agent(Admission admission, Places places) {
    RunningAgent agent = new RunningAgent(plane, new AgentSettings("me", root), admission, places);
    started.add(agent);
    return agent;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private String current(String worker) throws IOException {
    return Files.readString(root.resolve(worker).resolve("current"));
  }

  @ParameterizedTest
  @CsvSource({"worker,Worker", "Worker,worker", "straße,STRASSE", "über,ÜBER"})
  void ofTwoNamesThatTheFileSystemTakesForOneTheFirstKeepsItsFiles(String first, String second)
      throws Exception {
    RunningAgent agent = agent(Admission.ALL, new Places(new FoldingEntries()));
    agent.await(AgentEvent.Kind.SYNCED);
    plane.publish(first, "1", bytes("the first's"));
    agent.awaitActive(first, "1");
    plane.publish(second, "1", bytes("the second's"));
    AgentEvent rejected = agent.await(AgentEvent.Kind.REJECTED);
    assertEquals(second + " invalid_name", rejected.worker() + " " + rejected.code());
    assertTrue(
        rejected.message().contains("this file system does not tell the two names apart"),
        rejected::message);
    assertEquals("the first's", current(first));
    // Nor does anything else that becomes of the second.
    plane.delete(second, "1");
    plane.publish("other", "1", bytes("x"));
    agent.awaitActive("other", "1");
    assertEquals("the first's", current(first));
    plane.publish(first, "2", bytes("the first's second"));
    agent.awaitActive(first, "2");
    assertEquals("the first's second", current(first));
    // After the first has gone, the name is free.
    plane.delete(first, "2");
    plane.delete(first, "1");
    agent.await(AgentEvent.Kind.REMOVED);
    plane.publish(second, "2", bytes("the second's at last"));
    agent.awaitActive(second, "2");
    assertEquals("the second's at last", current(second));
  }

  @Test
  void ofTwoVersionsThatTheFileSystemTakesForOneTheFirstStaysWhole() throws Exception {
    RunningAgent agent = agent(Admission.ALL, new Places(new FoldingEntries()));
    agent.await(AgentEvent.Kind.SYNCED);
    plane.publish("w", "1.0-rc", bytes("rc"));
    agent.awaitActive("w", "1.0-rc");
    plane.publish("w", "1.0-RC", bytes("RC"));
    assertEquals("1.0-RC", agent.await(AgentEvent.Kind.REJECTED).version());
    assertEquals("rc", current("w"));
    plane.delete("w", "1.0-RC");
    plane.publish("w", "1.1", bytes("1.1"));
    agent.awaitActive("w", "1.1");
    plane.rollBack("w", "1.0-rc");
    agent.awaitActive("w", "1.0-rc");
    assertEquals("rc", current("w"));
  }

  @Test
  void aNameThatNoFileSystemHoldsIsRejectedAndTheOthersGoOn() throws Exception {
    RunningAgent agent = agent(Admission.ALL, new Places());
    agent.await(AgentEvent.Kind.SYNCED);
    String longest = "x".repeat(255);
    plane.publish("y".repeat(256), "1", bytes("too long"));
    plane.publish("a\0b", "1", bytes("a NUL"));
    plane.publish("w", "1\0", bytes("a NUL"));
    plane.publish("é".repeat(128), "1", bytes("256 bytes"));
    plane.publish(longest, longest, bytes("just so"));
    for (String worker : List.of("y".repeat(256), "a\0b", "w", "é".repeat(128))) {
      AgentEvent rejected = agent.await(AgentEvent.Kind.REJECTED);
      assertEquals(worker + " invalid_name", rejected.worker() + " " + rejected.code());
      assertFalse(rejected.message().isEmpty());
    }
    agent.awaitActive(longest, longest);
    assertEquals("just so", current(longest));
  }

  @Test
  void anAgentThatIsRefusedLeavesTheLockOfTheFirstAlone() throws Exception {
    RunningAgent first = agent(Admission.ALL, new Places());
    first.await(AgentEvent.Kind.SYNCED);
    // In this JVM, and by a look at the status: each opens and closes no more than it may.
    for (int i = 0; i < 3; i++) {
      Throwable failure = agent(Admission.ALL, new Places()).failure();
      assertTrue(failure.getMessage().contains("another agent works in"), failure::getMessage);
      assertTrue(Agent.status(root).running());
    }
    // So another JVM is refused still.
    Path err = parent.resolve("err");
    Process second = AgentProcess.start(root, plane, err);
    try {
      assertTrue(second.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS), "it works");
      assertTrue(Files.readString(err).contains("another agent works in"), Files.readString(err));
    } finally {
      second.destroyForcibly();
    }
    plane.publish("w", "1", bytes("one"));
    first.awaitActive("w", "1");
    first.stop();
    // And then it may.
    Process third = AgentProcess.start(root, plane, err);
    try (var lines = third.inputReader()) {
      assertEquals("FOUND", lines.readLine());
      // The other way round as well.
      Throwable failure = agent(Admission.ALL, new Places()).failure();
      assertTrue(failure.getMessage().contains("another agent works in"), failure::getMessage);
    } finally {
      third.destroyForcibly();
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(one);
      }
    }
  }

  private RunningAgent agentWithAnActiveVersion() throws Exception {
    plane.publish("w", "1", bytes("one"));
    plane.publish("other", "1", bytes("the other"));
    RunningAgent agent = agent(Admission.ALL, new Places());
    agent.await(AgentEvent.Kind.SYNCED);
    return agent;
  }

  @Test
  void aDirectoryThatSomebodyRemovesIsFilledAnew() throws Exception {
    RunningAgent agent = agentWithAnActiveVersion();
    delete(root);
    plane.publish("w", "2", bytes("two"));
    AgentEvent told = agent.await(AgentEvent.Kind.WAITING);
    assertTrue(told.message().contains("removed or replaced " + root), told::toString);
    agent.await(AgentEvent.Kind.SYNCED);
    assertEquals("two", current("w"));
    assertEquals("the other", current("other"));
    assertTrue(Agent.status(root).running());
  }

  @Test
  void aDirectoryThatIsAFileForAWhileIsWaitedFor() throws Exception {
    RunningAgent agent = agentWithAnActiveVersion();
    Path away = Files.move(root, parent.resolve("away"));
    Files.createFile(root);
    plane.publish("w", "2", bytes("two"));
    AgentEvent told = agent.await(AgentEvent.Kind.WAITING);
    while (!told.message().contains("removed or replaced")) {
      told = agent.await(AgentEvent.Kind.WAITING);
    }
    told = agent.await(AgentEvent.Kind.WAITING);
    assertTrue(told.message().contains("Not a directory"), told::toString);
    Files.delete(root);
    Files.move(away, root);
    agent.awaitActive("w", "2");
    assertEquals("two", current("w"));
  }

  @Test
  void anEmptyNameIsNotTheWorkingDirectory() {
    assertThrows(InvalidNameException.class, () -> new AgentSettings("me", Path.of("")));
  }

  @Test
  void whatArrivedStaysWhileTheServerOfTheBytesIsAway() throws Exception {
    RunningAgent agent = agent(Admission.ALL, new Places());
    agent.await(AgentEvent.Kind.SYNCED);
    plane.cutNextDownloadAt(1 << 20);
    plane.publish("large", "1", new byte[3 << 20]);

    AgentEvent waiting = agent.await(AgentEvent.Kind.WAITING);
    while (!waiting.worker().equals("large")) {
      waiting = agent.await(AgentEvent.Kind.WAITING);
    }
    int before = plane.fetched().size();
    plane.serveBytes(true);
    agent.awaitActive("large", "1");

    assertTrue(
        plane.fetched().subList(before, plane.fetched().size()).stream()
            .anyMatch(request -> request.contains(" bytes=")),
        plane.fetched()::toString);
  }

  @Test
  void aVersionThatIsTooLargeForTheDiskIsToldOfBeforeItsFirstByte() throws Exception {
    try (PartFile part = PartFile.in(parent)) {
      part.requireRoom(1);
      FileSystemException full =
          assertThrows(FileSystemException.class, () -> part.requireRoom(Long.MAX_VALUE));
      assertTrue(full.getMessage().contains("no room for " + Long.MAX_VALUE), full::getMessage);
    }
  }

  /** How many descriptors of this process lead there. */
  private static long descriptors(Path file) throws IOException {
    long found = 0;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path one : all) {
        if (Files.isSymbolicLink(one) && target(one).startsWith(file.toString())) {
          found++;
        }
      }
    }
    return found;
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return "closed meanwhile";
    }
  }

  @Test
  void aBundleIsClosedBeforeTheHookSeesItAndCanBeExecutedAndLocked() throws Exception {
    plane.close();
    // One travels with its update, the other is fetched.
    plane = new FakeControlPlane(100);
    CompletableFuture<Long> open = new CompletableFuture<>();
    String hook = "chmod +x \"$CPCTL_FILE\" && flock -n \"$CPCTL_FILE\" true && \"$CPCTL_FILE\"";
    Admission command = new CommandAdmission(hook, LIMIT, (_, _) -> {});
    RunningAgent agent =
        agent(
            candidate -> {
              try {
                open.complete(descriptors(candidate.file().toRealPath()));
              } catch (IOException e) {
                open.completeExceptionally(e);
              }
              command.admit(candidate);
            },
            new Places());
    agent.await(AgentEvent.Kind.SYNCED);
    String script = "#!/bin/sh\nexit 0\n";
    plane.publish("small", "1", bytes(script));
    plane.publish("large", "1", bytes(script + "#".repeat(10_000)));
    agent.awaitActive("small", "1");
    agent.awaitActive("large", "1");
    assertEquals(0, open.get());
    // Other bytes under the name of what is active: the hook sees the part, under its own name.
    plane.stop();
    plane.replaceLog();
    plane.publish("large", "1", bytes(script + "#".repeat(20_000)));
    plane.start();
    agent.awaitActive("large", "1");
    assertEquals(20_000 + script.length(), current("large").length());
    assertTrue(
        agent.seen().stream().noneMatch(event -> event.kind() == AgentEvent.Kind.REJECTED),
        () -> agent.seen().toString());
  }
}
