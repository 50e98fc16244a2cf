package dev.controlplane.transport.socket;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * The file descriptors of this process, and how many of them connections may have.
 *
 * @param most how many the process may open
 * @param open how many are open
 */
public record Descriptors(long most, long open) {
  /** The most connections of a socket by default: beyond this, memory is the bound. */
  static final int DEFAULT_CONNECTIONS = 16_384;

  /** What is left for files whatever a setting says. */
  private static final int RESERVE = 32;

  /** Those of this process; without a limit where the system has none. */
  public static Descriptors ofProcess() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? new Descriptors(unix.getMaxFileDescriptorCount(), unix.getOpenFileDescriptorCount())
        : new Descriptors(Integer.MAX_VALUE, 0);
  }

  /**
   * How many connections each socket has by default: half of what is free, shared among them; the
   * other half is for files.
   */
  public int defaultConnections(int sockets) {
    return Math.clamp((most - open) / 2 / sockets, 8, DEFAULT_CONNECTIONS);
  }

  /** How many connections each socket can have at most. */
  public int mostConnections(int sockets) {
    return Math.clamp((most - open - RESERVE) / sockets, 8, 1_000_000);
  }
}
