package dev.controlplane.transport.socket;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * The file descriptors of this process, and how many of them connections may use.
 *
 * @param most how many the process may open
 * @param open how many are open
 */
public record Descriptors(long most, long open) {
  /**
   * The most connections per socket by default. With more descriptors than this, memory is the
   * limit.
   */
  static final int DEFAULT_CONNECTIONS = 16_384;

  /** Descriptors that stay reserved for files, whatever a setting says. */
  private static final int RESERVE = 32;

  /** Reads the values of this process. Where the system reports none, there is no limit. */
  public static Descriptors ofProcess() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? new Descriptors(unix.getMaxFileDescriptorCount(), unix.getOpenFileDescriptorCount())
        : new Descriptors(Integer.MAX_VALUE, 0);
  }

  /**
   * The default number of connections per socket: half of the free descriptors, shared among the
   * sockets. The other half is for files.
   */
  public int defaultConnections(int sockets) {
    return Math.clamp((most - open) / 2 / sockets, 8, DEFAULT_CONNECTIONS);
  }

  /** The largest number of connections per socket. */
  public int mostConnections(int sockets) {
    return Math.clamp((most - open - RESERVE) / sockets, 8, 1_000_000);
  }
}
