package dev.controlplane.system.history;

import static dev.controlplane.system.history.Kind.DELETED;
import static dev.controlplane.system.history.Kind.PUBLISHED;
import static dev.controlplane.system.history.Kind.ROLLED_BACK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;

/** What tests of histories made by hand share. */
abstract class MadeHistory {
  final Story story = new Story();

  /** Six updates: a has 1 and 2, b has 1 and then 2 and then 1 again, c is gone. */
  void sixUpdates() {
    story
        .write(PUBLISHED, "a", "1")
        .write(PUBLISHED, "b", "1")
        .write(PUBLISHED, "b", "2")
        .write(ROLLED_BACK, "b", "1")
        .write(PUBLISHED, "a", "2")
        .write(PUBLISHED, "c", "1")
        .write(DELETED, "c", "1");
  }

  void requireBroken(String... guarantees) {
    Set<String> broken = story.broken();
    assertTrue(
        broken.containsAll(List.of(guarantees)), () -> Guarantee.judge(story.history()).toString());
  }

  void requireGood() {
    assertEquals(List.of(), Guarantee.judge(story.history()));
  }
}
