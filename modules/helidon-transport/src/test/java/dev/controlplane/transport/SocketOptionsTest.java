package dev.controlplane.transport;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SocketOptionsTest {
  @Test
  void nagleIsOffWherePlainHelidonLeavesItOn() {
    try (Lab plain = Lab.plain();
        Lab guarded = Lab.guarded()) {
      assertFalse(plain.server().prototype().connectionOptions().tcpNoDelay());
      assertTrue(guarded.server().prototype().connectionOptions().tcpNoDelay());
    }
  }
}
