package dev.controlplane.system.guarantees;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.controlplane.system.history.Guarantee;
import dev.controlplane.system.history.History;
import dev.controlplane.system.history.Violation;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * A history that was saved is judged again: the one that {@code -Dhistory=FILE} names, or a short
 * one that is good.
 */
class ReplayTest {
  @Test
  void aSavedHistoryKeepsEveryGuarantee() {
    Optional<String> named = Optional.ofNullable(System.getProperty("history"));
    Path file = Path.of(named.orElse("src/test/resources/histories/good.jsonl"));
    History history = History.load(file);
    List<Violation> violations = Guarantee.judge(history);
    System.out.println("ReplayTest: " + file + ": " + history.summary());
    violations.forEach(System.out::println);
    assertEquals(List.of(), violations);
  }
}
