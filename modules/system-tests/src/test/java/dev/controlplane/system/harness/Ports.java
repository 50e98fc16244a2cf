package dev.controlplane.system.harness;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * Ports for servers that run as processes of their own.
 *
 * <p>They are below those that the kernel gives to clients, so no connection takes the port of a
 * server that a test starts anew.
 */
public final class Ports {
  private static final int FIRST = 10_000;
  private static final int RANGE = 20_000;

  private static int next = ThreadLocalRandom.current().nextInt(RANGE);

  private Ports() {}

  /** Ports that were free a moment ago, all different. */
  public static List<Integer> free(int count) {
    return Stream.generate(Ports::free).limit(count).toList();
  }

  /** A port that was free a moment ago. */
  public static synchronized int free() {
    for (int tried = 0; tried < RANGE; tried++) {
      next = (next + 1) % RANGE;
      if (isFree(FIRST + next)) {
        return FIRST + next;
      }
    }
    throw new AssertionError(
        "no port is free of " + FIRST + " to " + (FIRST + RANGE - 1) + "; end what listens there");
  }

  private static boolean isFree(int port) {
    try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return true;
    } catch (IOException _) {
      return false;
    }
  }
}
