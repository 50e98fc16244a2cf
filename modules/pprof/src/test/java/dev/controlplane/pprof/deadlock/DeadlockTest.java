package dev.controlplane.pprof.deadlock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.ChildJvm;
import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.ProfileKind;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Deadlocks stay, so they are made in a JVM of their own. */
final class DeadlockTest {
  private static final Pattern MEMBER =
      Pattern.compile(
          "#   goroutine (\\d+) \\((virtual|platform) \"([^\"]+)\"\\) waits for (monitor )?(\\S+)"
              + ", held by goroutine (\\d+)(, taken at (.+)| \\(the JVM does not record.*)");

  @TempDir private Path directory;

  private String run(List<String> options, String kind) throws Exception {
    ChildJvm.Ended ended = ChildJvm.run(directory, options, DeadlockedProgram.class, kind);
    assertEquals(0, ended.code(), ended.output());
    return ended.output();
  }

  private static Map<String, MatchResult> members(String output) {
    var members = new HashMap<String, MatchResult>();
    MEMBER.matcher(output).results().forEach(member -> members.put(member.group(3), member));
    return members;
  }

  @Test
  void circlesAmongAllKindsOfThreadsAndLocksAreNamedAndNothingElse() throws Exception {
    String output = run(ChildJvm.OPTIONS, "all");

    Map<String, MatchResult> members = members(output);
    assertEquals(13, members.size(), output);
    assertTrue(output.startsWith("deadlock profile: total 13\n"), output);
    assertTrue(output.contains("count 13\n"), output);
    for (String circle :
        List.of(
            "virtual-locks",
            "virtual-monitors",
            "mixed-locks",
            "mixed-monitors",
            "mixed-all",
            "three")) {
      int size = circle.equals("three") ? 3 : 2;
      for (int i = 0; i < size; i++) {
        MatchResult member = members.get(circle + "-" + i);
        MatchResult next = members.get(circle + "-" + (i + 1) % size);
        assertEquals(next.group(1), member.group(6), output);
        boolean monitor = member.group(4) != null;
        assertEquals(
            monitor,
            member.group(5).startsWith(DeadlockedProgram.class.getName() + "$Account@"),
            output);
        if (monitor) {
          assertTrue(
              member.group(8).startsWith(DeadlockedProgram.class.getName() + ".holdMonitor("),
              output);
        }
      }
    }
    assertFalse(output.contains("\"innocent"), output);
    assertEquals("platform", members.get("mixed-locks-1").group(2));
    assertEquals("virtual", members.get("three-2").group(2));
    assertEquals(
        13,
        output
            .lines()
            .filter(line -> line.matches("goroutine \\d+ \\[sync\\.\\S+ \\(deadlocked\\)]:"))
            .count(),
        output);
  }

  @Test
  void eachThreadOfADeadlockIsASampleWithItsOwnStack() throws Exception {
    String output = run(ChildJvm.OPTIONS, "all");

    assertTrue(
        output.contains("\"waits_for\":\"monitor " + DeadlockedProgram.class.getName()), output);
    assertTrue(output.contains("DeadlockedProgram.holdMonitor+0x"), output);
    assertTrue(output.contains("java.util.concurrent.locks.ReentrantLock.lock+0x"), output);
  }

  @Test
  void platformThreadsAreFoundWithoutAnyOptionAndTheRestIsNamed() throws Exception {
    String output = run(List.of(), "platform");

    assertEquals(4, members(output).size(), output);
    assertTrue(output.contains("can't be seen"), output);
    assertTrue(output.contains("--add-opens java.base/java.util.concurrent.locks"), output);
    assertTrue(output.contains("--add-opens java.base/jdk.internal.vm"), output);
  }

  @Test
  void aProgramWithoutDeadlocksHasAnEmptyProfileThatHasNoDelta() throws Exception {
    var kind = new DeadlockKind(GoroutineProfiler.Options.defaults());

    assertEquals(0, kind.collect(ProfileKind.Parameters.NONE).size());
    assertEquals(0, kind.count());
    assertFalse(kind.hasDelta());
    assertTrue(kind.marks().isEmpty());
    assertThrows(
        ProfileKind.IllegalParameterException.class, () -> kind.collect(name -> "elsewhere"));
  }
}
