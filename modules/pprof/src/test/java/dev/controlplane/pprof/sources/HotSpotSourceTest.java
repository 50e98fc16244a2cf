package dev.controlplane.pprof.sources;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class HotSpotSourceTest {
  @Test
  void theDumpOfTheJvmIsNotTakenByItselfWhereItMayCrash() {
    assertFalse(HotSpotSource.safe(27, true));
    assertFalse(HotSpotSource.safe(28, false));
    assertTrue(HotSpotSource.safe(28, true));
    if (Runtime.version().feature() < 28) {
      assertEquals(false, HotSpotSource.safe());
    }
  }
}
