package dev.controlplane.transport.hpack;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rewrites the header blocks that Helidon writes on one connection for clients with a small header
 * table.
 *
 * <p>Helidon 4.5.0 ({@code Http2ConnectionWriter.updateHeaderTableSize}) notes the client's
 * SETTINGS_HEADER_TABLE_SIZE but goes on using a dynamic table of 4096 bytes. nginx ({@code
 * grpc_pass}) announces a table of size 0 and rejects the second answer on a connection. For a
 * client whose table is smaller than Helidon's, this class replaces every reference to the dynamic
 * table by the field itself (RFC 7541, section 6.2.2).
 *
 * <p>Implementation note: this class keeps a copy of Helidon's dynamic table, in encoded form,
 * latest entry first. It does not track evictions: Helidon never refers to an entry that it
 * evicted. It keeps as many entries as the table can ever hold. Guarded by the lock of the
 * connection's output.
 */
public final class SentHeaders {
  /** The table size of a client that announced none (RFC 9113, section 6.5.2), and Helidon's. */
  private static final int DEFAULT_TABLE = 4096;

  /**
   * The most entries that the table can hold: each takes at least 32 bytes (RFC 7541, section 4.1).
   */
  private static final int MOST_ENTRIES = DEFAULT_TABLE / 32;

  private static final int STATIC_ENTRIES = 61;
  private static final int INDEXED = 0x80;
  private static final int INCREMENTAL = 0x40;
  private static final int SIZE_UPDATE = 0x20;
  private static final int NEVER_INDEXED = 0x10;

  /**
   * An encoded field.
   *
   * @param name index of the name in the static table; 0 if the name is literal
   * @param literalName the literal name with its length prefix; empty if the name has an index
   * @param value with its length prefix
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Field(int name, byte[] literalName, byte[] value) {
    void writeTo(ByteArrayOutputStream out, int representation) {
      int most = 0x0f;
      if (name < most) {
        out.write(representation | name);
      } else {
        out.write(representation | most);
        out.write(name - most);
      }
      out.writeBytes(literalName);
      out.writeBytes(value);
    }
  }

  private static final byte[] NONE = {};

  private final List<Field> table = new ArrayList<>();
  private boolean withoutTable;
  private boolean updated;

  /** Notes the client's SETTINGS_HEADER_TABLE_SIZE, in bytes. */
  public void tableSize(long bytes) {
    withoutTable |= bytes < DEFAULT_TABLE;
  }

  /**
   * Returns a complete header block of Helidon's in a form that the client can decode. Must be
   * called for every block, in order.
   */
  public byte[] readable(byte[] block) {
    HeaderBlockReader reader = new HeaderBlockReader(block);
    ByteArrayOutputStream out = new ByteArrayOutputStream(block.length * 2);
    if (withoutTable && !updated) {
      updated = true;
      out.write(SIZE_UPDATE); // size 0, which acknowledges a smaller table (section 4.2)
    }
    while (reader.hasNext()) {
      int start = reader.position();
      int first = reader.peek();
      if ((first & INDEXED) != 0) {
        int index = reader.integer(7);
        if (index > STATIC_ENTRIES) {
          entry(index).writeTo(out, 0);
        } else {
          out.write(block, start, reader.position() - start);
        }
      } else {
        boolean incremental = (first & INCREMENTAL) != 0;
        Field field = literal(block, reader, incremental ? 6 : 4);
        field.writeTo(out, incremental ? 0 : first & NEVER_INDEXED);
        if (incremental) {
          add(field);
        }
      }
    }
    return withoutTable ? out.toByteArray() : block;
  }

  private Field literal(byte[] block, HeaderBlockReader reader, int prefix) {
    int index = reader.integer(prefix);
    int name = index;
    byte[] literalName = NONE;
    int start = reader.position();
    if (index > STATIC_ENTRIES) {
      Field entry = entry(index);
      name = entry.name;
      literalName = entry.literalName;
    } else if (index == 0) {
      reader.string();
      literalName = Arrays.copyOfRange(block, start, reader.position());
    }
    int value = reader.position();
    reader.string();
    return new Field(name, literalName, Arrays.copyOfRange(block, value, reader.position()));
  }

  private Field entry(int index) {
    return table.get(index - STATIC_ENTRIES - 1);
  }

  private void add(Field field) {
    table.addFirst(field);
    if (table.size() > MOST_ENTRIES) {
      table.removeLast();
    }
  }
}
