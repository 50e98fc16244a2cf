package dev.controlplane.pprof.leak;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Finds objects of a heap dump by id: a hash table in memory outside of the heap. */
final class ObjectTable {
  private static final int ENTRY = Long.BYTES + Integer.BYTES;

  private final ByteBuffer bytes;
  private final int mask;

  /** An empty table over bytes that are zero. */
  ObjectTable(ByteBuffer zeros) {
    this.bytes = zeros.order(ByteOrder.nativeOrder());
    this.mask = Integer.highestOneBit(zeros.capacity() / ENTRY) - 1;
  }

  /** How many bytes a table for so many objects needs. */
  static long size(int objects) {
    return (long) ENTRY * Integer.highestOneBit(Math.max(8, objects)) * 4;
  }

  void put(long id, int position) {
    int slot = slot(id);
    bytes.putLong(slot * ENTRY, id);
    bytes.putInt(slot * ENTRY + Long.BYTES, position);
  }

  /** The number of an object; negative if the dump has none with this id. */
  int find(long id) {
    int slot = slot(id);
    return id != 0 && bytes.getLong(slot * ENTRY) == id ? slot : -1;
  }

  /** Where the object with this number is in the dump. */
  int position(int number) {
    return bytes.getInt(number * ENTRY + Long.BYTES);
  }

  private int slot(long id) {
    int slot = (int) ((id * 0x9E3779B97F4A7C15L) >>> 32) & mask;
    while (true) {
      long there = bytes.getLong(slot * ENTRY);
      if (there == 0 || there == id) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
  }
}
