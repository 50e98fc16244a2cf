package dev.controlplane.transport.hpack;

import io.helidon.common.buffers.BufferData;
import io.helidon.http.http2.Http2Exception;
import io.helidon.http.http2.Http2HuffmanDecoder;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Decodes the header blocks of one connection (HPACK, RFC 7541), and re-encodes them without the
 * dynamic table for Helidon. Not thread-safe.
 *
 * <p>Because each re-encoded block stands alone, a block may be withheld from Helidon (its request
 * is rejected, or its stream is gone) without damage to the connection.
 *
 * <p>Helidon 4.5.0 decodes only blocks of streams that it knows, rejects pseudo-headers whose name
 * is a literal ({@code Http2Headers.readHeader}; gRPC's C core sends such), does not limit the
 * decoded size, and ends the whole connection for one malformed request.
 */
public final class HeaderDecoder {
  /** The default of SETTINGS_HEADER_TABLE_SIZE, in bytes. */
  private static final int MAX_TABLE = 4096;

  /**
   * What each table entry counts in addition to its name and value, in bytes (RFC 7541, section
   * 4.1).
   */
  private static final int ENTRY_OVERHEAD = 32;

  private static final int HUFFMAN = 0x80;

  private final int maxListSize;
  private final Http2HuffmanDecoder huffman = Http2HuffmanDecoder.create();
  private final ArrayList<Field> table = new ArrayList<>();
  private int tableSize;
  private int maxTableSize = MAX_TABLE;

  private byte[] block;
  private int at;

  /**
   * A block that cannot be decoded. The connection must end, because the dynamic tables of the two
   * sides now differ.
   */
  public static final class CompressionException extends Exception {
    private static final long serialVersionUID = 1L;

    CompressionException(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * A header field.
   *
   * @param literal the encoded value with its length prefix; null for an entry of the static table
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Field(String name, String value, byte[] literal) {
    int size() {
      return name.length() + value.length() + ENTRY_OVERHEAD;
    }
  }

  /**
   * A decoded header block.
   *
   * @param block the fields re-encoded without the dynamic table
   * @param size of the header list in bytes, as SETTINGS_MAX_HEADER_LIST_SIZE counts it
   * @param fields of the list, as many as fit into the limit
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Block(byte[] block, long size, List<Field> fields) {
    /** The value of a field; null if it is absent. */
    String value(String name) {
      for (Field field : fields) {
        if (field.name().equals(name)) {
          return field.value();
        }
      }
      return null;
    }
  }

  /**
   * Creates a decoder with an empty dynamic table.
   *
   * @param maxListSize the limit of a header list in bytes; fields beyond it are counted but
   *     dropped
   */
  public HeaderDecoder(int maxListSize) {
    this.maxListSize = maxListSize;
  }

  /**
   * Decodes a whole block, without padding. Every block of the connection must be decoded, in
   * order.
   */
  public Block decode(byte[] bytes) throws CompressionException {
    block = bytes;
    at = 0;
    ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length + 64);
    List<Field> fields = new ArrayList<>();
    long size = 0;
    boolean began = false;
    try {
      while (at < block.length) {
        int first = block[at] & 0xff;
        if (first >= 0x20 && first < 0x40) {
          resizeTable(integer(5), began);
          continue;
        }
        began = true;
        int index = 0;
        Field field;
        if (first >= 0x80) {
          index = integer(7);
          field = entry(index);
        } else {
          field = literal(first >= 0x40 ? 6 : 4);
          if (first >= 0x40) {
            add(field);
          }
        }
        size += field.size();
        if (size <= maxListSize) {
          fields.add(field);
          write(field, index, out);
        }
      }
    } catch (IndexOutOfBoundsException | Http2Exception e) {
      throw new CompressionException("the header block is malformed: " + e.getMessage());
    } finally {
      block = null;
    }
    return new Block(out.toByteArray(), size, fields);
  }

  private void resizeTable(int size, boolean began) throws CompressionException {
    if (began || size > MAX_TABLE) {
      throw new CompressionException("a table size update that may not be");
    }
    maxTableSize = size;
    evict(0);
  }

  private Field literal(int bits) throws CompressionException {
    int index = integer(bits);
    String name = index == 0 ? string() : entry(index).name();
    int from = at;
    String value = string();
    return new Field(name, value, Arrays.copyOfRange(block, from, at));
  }

  private Field entry(int index) throws CompressionException {
    if (index >= 1 && index <= StaticTable.SIZE) {
      return new Field(StaticTable.name(index), StaticTable.value(index), null);
    }
    int back = index - StaticTable.SIZE;
    if (back < 1 || back > table.size()) {
      throw new CompressionException("an index that no table has: " + index);
    }
    return table.get(table.size() - back);
  }

  private void add(Field field) {
    evict(field.size());
    if (field.size() <= maxTableSize) {
      table.add(field);
      tableSize += field.size();
    }
  }

  /** Evicts the oldest entries until this many bytes fit. They are at the start of the list. */
  private void evict(int room) {
    int gone = 0;
    while (gone < table.size() && tableSize + room > maxTableSize) {
      tableSize -= table.get(gone++).size();
    }
    table.subList(0, gone).clear();
  }

  private static void write(Field field, int index, ByteArrayOutputStream out) {
    if (field.literal() == null && index > 0 && index <= StaticTable.SIZE) {
      out.write(0x80 | index);
      return;
    }
    int name = StaticTable.indexOf(field.name());
    if (name > 0) {
      writeInteger(name, 4, 0, out);
    } else {
      byte[] bytes = field.name().getBytes(StandardCharsets.ISO_8859_1);
      out.write(0);
      writeInteger(bytes.length, 7, 0, out);
      out.writeBytes(bytes);
    }
    out.writeBytes(field.literal());
  }

  public static void writeInteger(int value, int bits, int first, ByteArrayOutputStream out) {
    int most = (1 << bits) - 1;
    if (value < most) {
      out.write(first | value);
      return;
    }
    out.write(first | most);
    int rest = value - most;
    while (rest >= 0x80) {
      out.write((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }

  private String string() {
    boolean coded = (block[at] & HUFFMAN) != 0;
    int length = integer(7);
    if (length > block.length - at) {
      throw new IndexOutOfBoundsException(length);
    }
    int from = at;
    at += length;
    return coded
        ? huffman.decodeString(BufferData.create(block, from, length), length)
        : new String(block, from, length, StandardCharsets.ISO_8859_1);
  }

  /** Reads an integer whose prefix has this many bits (RFC 7541, section 5.1). */
  private int integer(int bits) {
    int most = (1 << bits) - 1;
    int value = block[at++] & most;
    if (value < most) {
      return value;
    }
    for (int shift = 0; ; shift += 7) {
      int next = block[at++];
      long sum = value + ((long) (next & 0x7f) << shift);
      if (shift > 28 || sum > Integer.MAX_VALUE) {
        throw new IndexOutOfBoundsException("integer too large");
      }
      value = (int) sum;
      if (next >= 0) {
        return value;
      }
    }
  }
}
