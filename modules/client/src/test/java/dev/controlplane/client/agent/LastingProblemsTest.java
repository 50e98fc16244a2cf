package dev.controlplane.client.agent;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LastingProblemsTest {
  private long now = Long.MAX_VALUE - TimeUnit.MINUTES.toNanos(1);
  private final LastingProblems problems = new LastingProblems(() -> now);

  private void pass(long seconds) {
    now += TimeUnit.SECONDS.toNanos(seconds);
  }

  @Test
  void aProblemIsToldOnceAndAgainEveryThreeMinutes() {
    assertTrue(problems.isNews("refused"));
    assertFalse(problems.isNews("refused"));
    pass(179);
    assertFalse(problems.isNews("refused"));
    pass(1);
    assertTrue(problems.isNews("refused"));
    pass(60);
    assertFalse(problems.isNews("refused"));
  }

  @Test
  void problemsThatTakeTurnsAreToldOnceEach() {
    for (int round = 0; round < 5; round++) {
      assertTrue(problems.isNews("refused") == (round == 0));
      assertTrue(problems.isNews("timed out") == (round == 0));
      pass(10);
    }
  }

  @Test
  void afterAllWasWellAProblemIsNews() {
    assertTrue(problems.isNews("refused"));
    problems.forget();
    assertTrue(problems.isNews("refused"));
  }

  @Test
  void problemsThatAreNeverTheSameAreNotRememberedForEver() {
    for (int i = 0; i < 1000; i++) {
      assertTrue(problems.isNews("problem " + i));
    }
    assertFalse(problems.isNews("problem 999"));
    assertTrue(problems.isNews("problem 1"));
  }
}
