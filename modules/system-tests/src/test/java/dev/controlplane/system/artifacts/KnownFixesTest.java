package dev.controlplane.system.artifacts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.ServerUnderTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is shipped has the fixes that are known to matter. */
class KnownFixesTest {
  private static final LocalDate DAY = LocalDate.of(2026, 12, 1);

  @Test
  void noShippedJarLacksAFixThatTheListAsksFor() throws IOException {
    KnownFixes fixes = KnownFixes.read(Path.of("../../bin/known-fixes"));
    Set<String> jars = new TreeSet<>();
    for (String module : List.of("upload-server", "consumer-server", "grpc-server", "client")) {
      try (Stream<Path> libs = Files.list(ServerUnderTest.jar(module).resolveSibling("libs"))) {
        libs.map(jar -> jar.getFileName().toString()).forEach(jars::add);
      }
    }
    assertTrue(jars.stream().anyMatch(jar -> jar.startsWith("grpc-core-")), jars::toString);
    assertEquals(List.of(), fixes.outstanding(jars, LocalDate.now(ZoneOffset.UTC)));
  }

  private static List<String> outstanding(String line, String jar, LocalDate day) {
    return KnownFixes.parse(List.of("# a comment", "", line)).outstanding(List.of(jar), day);
  }

  @ParameterizedTest
  @ValueSource(strings = {"wire-1.9.9.jar", "wire-1.10.0-M3.jar", "wire-1.2.jar"})
  void aVersionBelowTheFixIsTold(String jar) {
    List<String> told = outstanding("wire | 1.10.0-M4 | a leak | |", jar, DAY);
    assertEquals(1, told.size());
    assertTrue(told.getFirst().startsWith(jar + " lacks a leak: take 1.10.0-M4 or later"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "wire-1.10.0-M4.jar",
        "wire-1.10.0-M10.jar",
        "wire-1.10.0.jar",
        "wire-2.jar",
        "wire-shaded-1.0.jar",
        "other-1.0.jar",
        "wire.jar"
      })
  void aVersionWithTheFixAndAnotherArtifactAreFine(String jar) {
    assertEquals(List.of(), outstanding("wire | 1.10.0-M4 | a leak | |", jar, DAY));
  }

  @Test
  void aStarStandsForAnyEndingOfTheName() {
    assertEquals(1, outstanding("wire-* | 2.0 | a leak | |", "wire-core-1.0.jar", DAY).size());
    assertEquals(List.of(), outstanding("wire-* | 2.0 | a leak | |", "wired-1.0.jar", DAY));
  }

  @Test
  void anOlderVersionMayStayToItsDateAndNoLonger() {
    String line = "wire | 2.0 | a leak | 2026-12-01 | the registry has no later one";
    assertEquals(List.of(), outstanding(line, "wire-1.0.jar", DAY));
    assertEquals(1, outstanding(line, "wire-1.0.jar", DAY.plusDays(1)).size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"wire | 2.0", "wire | 2.0 | a leak | 2026-12-01 |", "wire | | a leak | |"})
  void aLineThatIsNotWholeIsRefused(String line) {
    assertThrows(IllegalArgumentException.class, () -> KnownFixes.parse(List.of(line)));
  }
}
