package dev.controlplane.transport;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;

/**
 * Lets clients on gRPC's C core in (Python, C++, Ruby, PHP).
 *
 * <p>They send {@code :path} and {@code :authority} as literal names, which RFC 7541 allows.
 * Helidon 4.5.0 ({@code Http2Headers.readHeader}) takes pseudo-headers by their index in the static
 * table alone, and ends the connection: "Received invalid pseudo-header field (or explicit value
 * instead of indexed)". So the name is replaced by its index. Values, other fields and what goes
 * into the dynamic table stay as they are.
 */
final class PseudoHeaderNames {
  /** The names of a request, by their index in the static table (RFC 7541, appendix A). */
  private static final Map<Integer, byte[]> PLAIN =
      Map.of(
          1, ":authority".getBytes(StandardCharsets.US_ASCII),
          2, ":method".getBytes(StandardCharsets.US_ASCII),
          4, ":path".getBytes(StandardCharsets.US_ASCII),
          6, ":scheme".getBytes(StandardCharsets.US_ASCII));

  /** The same in the code of appendix B. */
  private static final Map<Integer, byte[]> CODED =
      Map.of(
          1, HexFormat.of().parseHex("b83b5339ec327d7f"),
          2, HexFormat.of().parseHex("b9495339e4"),
          4, HexFormat.of().parseHex("b958d33f"),
          6, HexFormat.of().parseHex("b8824e5a4b"));

  private static final int HUFFMAN = 0x80;

  private final byte[] block;
  private final HeaderBlockReader reader;

  private PseudoHeaderNames(byte[] block) {
    this.block = block;
    this.reader = new HeaderBlockReader(block);
  }

  /**
   * Replaces literal pseudo-header names by their indexes.
   *
   * @param block a whole header block (RFC 7541, section 6), without padding
   * @return the same array if there was nothing to replace, or if the block is malformed: Helidon
   *     says so to the client
   */
  static byte[] indexed(byte[] block) {
    try {
      return new PseudoHeaderNames(block).rewrite();
    } catch (IndexOutOfBoundsException e) {
      return block;
    }
  }

  private byte[] rewrite() {
    ByteArrayOutputStream out = null;
    int copied = 0;
    while (reader.hasNext()) {
      int start = reader.position();
      int first = reader.peek();
      if (first >= 0x80) {
        reader.integer(7);
      } else if (first >= 0x20 && first < 0x40) {
        reader.integer(5);
      } else {
        int prefix = first >= 0x40 ? 6 : 4;
        if (reader.integer(prefix) == 0) {
          int index = name();
          if (index > 0) {
            if (out == null) {
              out = new ByteArrayOutputStream(block.length);
            }
            out.write(block, copied, start - copied);
            out.write(first | index);
            copied = reader.position();
          }
        }
        reader.string();
      }
    }
    if (out == null) {
      return block;
    }
    out.write(block, copied, block.length - copied);
    return out.toByteArray();
  }

  /** Passes a name; says its index if it is that of a pseudo-header. */
  private int name() {
    boolean huffman = (reader.peek() & HUFFMAN) != 0;
    int length = reader.string();
    int at = reader.position();
    for (Map.Entry<Integer, byte[]> name : (huffman ? CODED : PLAIN).entrySet()) {
      byte[] bytes = name.getValue();
      if (Arrays.equals(block, at - length, at, bytes, 0, bytes.length)) {
        return name.getKey();
      }
    }
    return 0;
  }
}
