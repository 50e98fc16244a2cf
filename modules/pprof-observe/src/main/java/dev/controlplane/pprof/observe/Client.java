package dev.controlplane.pprof.observe;

import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Tells whether the client of a long request is still connected.
 *
 * <p>Helidon reports a disconnected client only when a handler writes. The kernel's connection
 * table ({@code /proc/self/net/tcp} and {@code tcp6}, proc(5)) shows it earlier: the connection is
 * no longer {@code ESTABLISHED}, or not listed. On systems other than Linux, clients always count
 * as connected.
 */
record Client(SocketAddress address, int localPort) {
  private static final List<Path> TABLES =
      List.of(Path.of("/proc/self/net/tcp"), Path.of("/proc/self/net/tcp6"));

  private static final String ESTABLISHED = "01";

  /** How often the connection is checked. */
  private static final Duration GLANCE = Duration.ofSeconds(1);

  static Client of(ServerRequest request) {
    return new Client(request.remotePeer().address(), request.localPeer().port());
  }

  /** Waits for the given time. Returns false early if the client disconnects. */
  boolean staysFor(Duration time) throws InterruptedException {
    long start = System.nanoTime();
    // Times beyond 292 years are capped.
    long nanos = TimeUnit.NANOSECONDS.convert(time);
    while (true) {
      long left = nanos - (System.nanoTime() - start);
      if (left <= 0) {
        return true;
      }
      TimeUnit.NANOSECONDS.sleep(Math.min(left, GLANCE.toNanos()));
      if (left > GLANCE.toNanos() && !isThere()) {
        return false;
      }
    }
  }

  private boolean isThere() {
    boolean known = false;
    for (Path table : TABLES) {
      if (Files.isReadable(table)) {
        known = true;
        try (Stream<String> lines = Files.lines(table)) {
          if (lines.skip(1).anyMatch(this::isEstablished)) {
            return true;
          }
        } catch (IOException | UncheckedIOException e) {
          return true;
        }
      }
    }
    return !known;
  }

  /** Checks a line {@code sl local_address rem_address st …} with addresses as {@code HEX:PORT}. */
  private boolean isEstablished(String line) {
    String[] fields = line.strip().split(" +", 5);
    return fields.length > 3
        && fields[3].equals(ESTABLISHED)
        && port(fields[1]) == localPort
        && address instanceof InetSocketAddress peer
        && port(fields[2]) == peer.getPort()
        && host(fields[2]).equals(peer.getAddress());
  }

  private static int port(String hostAndPort) {
    return Integer.parseInt(hostAndPort.substring(hostAndPort.indexOf(':') + 1), 16);
  }

  /**
   * Decodes 32-bit words in the machine's byte order. An IPv4-mapped IPv6 address becomes an IPv4
   * address.
   */
  private static InetAddress host(String hostAndPort) {
    byte[] hex = HexFormat.of().parseHex(hostAndPort.substring(0, hostAndPort.indexOf(':')));
    ByteBuffer words = ByteBuffer.wrap(hex);
    ByteBuffer bytes = ByteBuffer.allocate(hex.length).order(ByteOrder.nativeOrder());
    while (words.hasRemaining()) {
      bytes.putInt(words.getInt());
    }
    try {
      return InetAddress.getByAddress(bytes.array());
    } catch (UnknownHostException e) {
      throw new IllegalStateException("neither 4 nor 16 bytes: " + hostAndPort, e);
    }
  }
}
