package dev.controlplane.streams;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class UnaryLatencyTest {
  private static final int CALLS = 15;

  @Test
  void plainHelidonMakesAUnaryCallWaitForADelayedAck() {
    try (Lab plain = Lab.plain();
        Lab guarded = Lab.guarded()) {
      long withNagle = fastestCall(plain);
      long without = fastestCall(guarded);
      // 40 ms, the kernel's delay of an ACK, against well below one.
      assertTrue(withNagle > 5 * without, "plain " + withNagle + " ns, ours " + without + " ns");
    }
  }

  @Test
  void nagleIsOff() {
    try (Lab plain = Lab.plain();
        Lab guarded = Lab.guarded()) {
      assertFalse(plain.server().prototype().connectionOptions().tcpNoDelay());
      assertTrue(guarded.server().prototype().connectionOptions().tcpNoDelay());
    }
  }

  private static long fastestCall(Lab lab) {
    try (Client client = Client.to(lab.port())) {
      long fastest = Long.MAX_VALUE;
      for (int i = 0; i < CALLS; i++) {
        long start = System.nanoTime();
        client.echo(new byte[10]);
        fastest = Math.min(fastest, System.nanoTime() - start);
      }
      return fastest;
    }
  }
}
