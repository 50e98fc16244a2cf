package dev.controlplane.pprof.writers;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes protocol buffers (https://protobuf.dev/programming-guides/encoding/): varints, texts,
 * packed numbers and messages in messages. Not thread-safe.
 *
 * <p>A message is written behind one byte for its length. If the length needs more than that byte,
 * the message moves when it is complete.
 */
final class ProtoWriter {
  private static final int VARINT = 0;
  private static final int LENGTH_DELIMITED = 2;

  /** As much as a field with its number needs: two varints. */
  private static final int MOST_OF_A_NUMBER = 20;

  private byte[] bytes;
  private int length;

  ProtoWriter(int capacity) {
    bytes = new byte[capacity];
  }

  /** Writes a number. As in any proto3 message, 0 is written by leaving it out. */
  void number(int field, long value) {
    if (value != 0) {
      room(MOST_OF_A_NUMBER);
      tag(field, VARINT);
      varint(value);
    }
  }

  /** Writes a flag; false is left out. */
  void flag(int field, boolean value) {
    number(field, value ? 1 : 0);
  }

  /** Writes a text, also an empty one, as the entries of a list are written. */
  void text(int field, String text) {
    bytes(field, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes a field whose content is encoded already. */
  void bytes(int field, byte[] content) {
    room(MOST_OF_A_NUMBER + content.length);
    tag(field, LENGTH_DELIMITED);
    varint(content.length);
    System.arraycopy(content, 0, bytes, length, content.length);
    length += content.length;
  }

  /** Writes a list of numbers; an empty one is left out. */
  void packed(int field, long... values) {
    if (values.length > 0) {
      int start = open(field);
      for (long value : values) {
        room(MOST_OF_A_NUMBER);
        varint(value);
      }
      close(start);
    }
  }

  /** Adds one number to the content of a packed list, outside of any field. */
  void bare(long value) {
    room(MOST_OF_A_NUMBER);
    varint(value);
  }

  /** Begins a message; returns what {@link #close} is given at its end. */
  int open(int field) {
    room(MOST_OF_A_NUMBER);
    tag(field, LENGTH_DELIMITED);
    length++;
    return length;
  }

  /** Ends the message that began last. */
  void close(int start) {
    int size = length - start;
    int more = varintSize(size) - 1;
    if (more > 0) {
      room(more);
      System.arraycopy(bytes, start, bytes, start + more, size);
    }
    length = start - 1;
    varint(size);
    length = start + more + size;
  }

  int length() {
    return length;
  }

  void clear() {
    length = 0;
  }

  /** Writes all bytes so far to a stream and forgets them. */
  void drainTo(OutputStream out) throws IOException {
    out.write(bytes, 0, length);
    clear();
  }

  byte[] toByteArray() {
    return Arrays.copyOf(bytes, length);
  }

  private void tag(int field, int wireType) {
    varint(((long) field << 3) | wireType);
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[length++] = (byte) rest;
  }

  private static int varintSize(int value) {
    return (38 - Integer.numberOfLeadingZeros(value | 1)) / 7;
  }

  private void room(int more) {
    if (length + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
    }
  }
}
