package dev.controlplane.pprof.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Tells whether a TCP connection of this machine is still there.
 *
 * <p>HTTP servers report a disconnected client only when a handler writes. The kernel's table of
 * connections ({@code /proc/self/net/tcp} and {@code tcp6}, proc(5)) shows it earlier: the
 * connection is no longer {@code ESTABLISHED}; one that was reset is not listed.
 */
final class Connections {
  private static final List<Path> TABLES =
      List.of(Path.of("/proc/self/net/tcp"), Path.of("/proc/self/net/tcp6"));

  private static final String ESTABLISHED = "01";

  private Connections() {}

  static Exchange.Client client(InetSocketAddress peer, int localPort) {
    for (Path table : TABLES) {
      if (Files.isReadable(table)) {
        try (Stream<String> lines = Files.lines(table)) {
          Optional<String> state =
              lines
                  .skip(1)
                  .map(line -> line.strip().split(" +", 5))
                  .filter(fields -> isBetween(fields, peer, localPort))
                  .map(fields -> fields[3])
                  .findFirst();
          if (state.isPresent()) {
            return state.get().equals(ESTABLISHED)
                ? Exchange.Client.CONNECTED
                : Exchange.Client.GONE;
          }
        } catch (IOException | UncheckedIOException e) {
          return Exchange.Client.CONNECTED;
        }
      }
    }
    return Exchange.Client.UNKNOWN;
  }

  /** Checks a line {@code sl local_address rem_address st …} with addresses as {@code HEX:PORT}. */
  private static boolean isBetween(String[] fields, InetSocketAddress peer, int localPort) {
    return fields.length > 3
        && port(fields[1]) == localPort
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
