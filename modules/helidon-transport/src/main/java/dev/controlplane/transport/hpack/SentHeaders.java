package dev.controlplane.transport.hpack;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The header blocks that Helidon writes on one connection, in a form that its client can read.
 *
 * <p>Helidon 4.5.0 ({@code Http2ConnectionWriter.updateHeaderTableSize}) takes note of the client's
 * SETTINGS_HEADER_TABLE_SIZE, and goes on to use a dynamic table of 4096 bytes. nginx has none
 * ({@code grpc_pass}), and refuses the second answer on a connection. For a client whose table is
 * smaller than Helidon's, fields are written without the table (RFC 7541, section 6.2.2).
 *
 * <p>Implementation note: what Helidon puts into its table is kept here as it is coded, the latest
 * first, so that an index can be replaced. Helidon never names an entry that it has evicted, so
 * evictions need not be followed; no more entries than these fit. Guarded by the lock of the
 * connection's output.
 */
public final class SentHeaders {
  /** Of a client that has said nothing (RFC 9113, section 6.5.2), and Helidon's. */
  private static final int DEFAULT_TABLE = 4096;

  /** An entry takes 32 bytes and more (RFC 7541, section 4.1). */
  private static final int MOST_ENTRIES = DEFAULT_TABLE / 32;

  private static final int STATIC_ENTRIES = 61;
  private static final int INDEXED = 0x80;
  private static final int INCREMENTAL = 0x40;
  private static final int SIZE_UPDATE = 0x20;
  private static final int NEVER_INDEXED = 0x10;

  /**
   * A field as it is coded.
   *
   * @param name index of the name in the static table; 0 if the name is literal
   * @param literalName the literal name, with its length; empty if there is none
   * @param value with its length
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

  /** The client has sent its SETTINGS_HEADER_TABLE_SIZE, in bytes. */
  public void tableSize(long bytes) {
    withoutTable |= bytes < DEFAULT_TABLE;
  }

  /** A whole header block that Helidon wrote, as the client can read it. */
  public byte[] readable(byte[] block) {
    HeaderBlockReader reader = new HeaderBlockReader(block);
    ByteArrayOutputStream out = new ByteArrayOutputStream(block.length * 2);
    if (withoutTable && !updated) {
      updated = true;
      out.write(SIZE_UPDATE); // to 0; a smaller table must be acknowledged so (section 4.2)
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
