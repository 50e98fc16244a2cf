package dev.controlplane.pprof.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** Functions and their addresses. */
final class FrameTableTest {
  private final FrameTable table = new FrameTable();

  @Test
  void aFunctionThatIsFirstSeenWithoutItsFileGetsItLaterAndStaysTheSame() {
    Frame recorded = table.frame("com.example.Worker", "run", null, 7);
    assertEquals("??", recorded.function.file());

    Frame walked = table.frame("com.example.Worker", "run", "Worker.java", 7);

    assertSame(recorded, walked);
    assertEquals("com/example/Worker.java", recorded.function.file());
  }

  @Test
  void aKnownFileStays() {
    Frame walked = table.frame("com.example.Worker", "run", "Worker.java", 7);

    table.frame("com.example.Worker", "run", null, 8);
    table.frame("com.example.Worker", "run", "Other.java", 8);

    assertEquals("com/example/Worker.java", walked.function.file());
  }

  @Test
  void addressesAreThoseOfTheNextProcessWhateverIsSeenFirst() {
    var next = new FrameTable();
    next.frame("com.example.Other", "run", "Other.java", 1);

    Frame recorded = next.frame("com.example.Worker", "run", null, 7);
    Frame walked = table.frame("com.example.Worker", "run", "Worker.java", 7);

    assertEquals(walked.address, recorded.address);
    assertNotEquals(walked.address, table.frame("com.example.Worker", "run", null, 8).address);
  }

  @Test
  void aStackIsOfOneTable() {
    Frame one = table.frame("com.example.Worker", "run", null, 7);
    Frame other = new FrameTable().frame("com.example.Worker", "run", null, 7);

    assertThrows(IllegalArgumentException.class, () -> new Stack(new Frame[] {one, other}));
  }
}
