package dev.controlplane.pprof.leak;

import dev.controlplane.pprof.sources.HeapDumpFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a heap dump in the format HPROF 1.0.2 as HotSpot writes it (openjdk/jdk,
 * src/hotspot/share/services/heapDumper.cpp): objects, classes, roots and the stacks of threads.
 * Not thread-safe.
 */
final class HeapDump {
  /** Kinds of records inside of the heap. */
  static final int CLASS = 0x20;

  static final int INSTANCE = 0x21;
  static final int OBJECT_ARRAY = 0x22;
  static final int PRIMITIVE_ARRAY = 0x23;

  private static final int ID = 8;
  private static final int TEXT = 0x01;
  private static final int LOADED_CLASS = 0x02;
  private static final int FRAME = 0x04;
  private static final int TRACE = 0x05;
  private static final int HEAP = 0x0c;
  private static final int HEAP_SEGMENT = 0x1c;

  /** A thread of the dump. */
  static final class DumpedThread {
    final long object;
    final int trace;
    final List<Root> roots = new ArrayList<>();

    DumpedThread(long object, int trace) {
      this.object = object;
      this.trace = trace;
    }
  }

  /** An object that a frame of a thread refers to. */
  record Root(long object, int frame) {}

  private record Segment(int from, int to) {}

  final ByteBuffer bytes;
  final ObjectTable objects;
  final List<Long> globalRoots = new ArrayList<>();
  final Map<Integer, DumpedThread> threads = new HashMap<>();
  private final Map<Long, HeapClass> classes = new HashMap<>();
  private final Map<Long, Integer> texts = new HashMap<>();
  private final Map<Long, Long> classNames = new HashMap<>();
  private final Map<Integer, Long> classBySerial = new HashMap<>();
  private final Map<Long, Integer> frames = new HashMap<>();
  private final Map<Integer, Integer> traces = new HashMap<>();
  private final List<Segment> segments = new ArrayList<>();
  private int objectCount;

  HeapDump(HeapDumpFile file) throws IOException {
    bytes = file.bytes().order(ByteOrder.BIG_ENDIAN);
    try {
      readRecords();
      for (Segment segment : segments) {
        forEach(segment, this::readRoot);
      }
      objects = new ObjectTable(file.table(ObjectTable.size(objectCount)));
      for (Segment segment : segments) {
        forEach(segment, this::readObject);
      }
    } catch (IndexOutOfBoundsException | IllegalStateException e) {
      throw new IOException("the JVM's heap dump can't be read", e);
    }
  }

  private void readRecords() throws IOException {
    int at = 0;
    while (bytes.get(at) != 0) {
      at++;
    }
    int idSize = bytes.getInt(at + 1);
    if (idSize != ID) {
      throw new IOException("this JVM's heap dump has ids of " + idSize + " bytes, not 8");
    }
    at += 1 + Integer.BYTES + Long.BYTES;
    while (at < bytes.limit()) {
      int tag = bytes.get(at);
      long length = Integer.toUnsignedLong(bytes.getInt(at + 5));
      int body = at + 9;
      switch (tag) {
        case TEXT -> texts.put(bytes.getLong(body), at);
        case LOADED_CLASS -> {
          classBySerial.put(bytes.getInt(body), bytes.getLong(body + 4));
          classNames.put(bytes.getLong(body + 4), bytes.getLong(body + 16));
        }
        case FRAME -> frames.put(bytes.getLong(body), body);
        case TRACE -> traces.put(bytes.getInt(body), body);
        case HEAP, HEAP_SEGMENT -> segments.add(new Segment(body, Math.toIntExact(body + length)));
        default -> {}
      }
      at = Math.toIntExact(body + length);
    }
  }

  private interface Visitor {
    void record(int tag, int body);
  }

  /** Visits the records of a segment in order. */
  private void forEach(Segment segment, Visitor visitor) {
    int at = segment.from;
    while (at < segment.to) {
      int tag = bytes.get(at) & 0xff;
      int body = at + 1;
      visitor.record(tag, body);
      at = body + length(tag, body);
    }
  }

  private int length(int tag, int body) {
    return switch (tag) {
      case 0xff, 0x05, 0x07 -> ID;
      case 0x01 -> 2 * ID;
      case 0x02, 0x03, 0x08 -> ID + 8;
      case 0x04, 0x06 -> ID + 4;
      case CLASS -> classLength(body);
      case INSTANCE -> 2 * ID + 8 + bytes.getInt(body + 2 * ID + 4);
      case OBJECT_ARRAY -> 2 * ID + 8 + bytes.getInt(body + ID + 4) * ID;
      case PRIMITIVE_ARRAY ->
          ID + 9 + bytes.getInt(body + ID + 4) * HeapClass.size(bytes.get(body + ID + 8));
      default -> throw new IllegalStateException("unknown record " + tag + " in the heap dump");
    };
  }

  private static final int CLASS_CONSTANTS = 7 * ID + 8;

  private int classLength(int body) {
    int at = fieldsOf(body, null);
    int fields = bytes.getShort(at) & 0xffff;
    return at + 2 + fields * (ID + 1) - body;
  }

  /** Receives references. */
  interface References {
    void to(long id);
  }

  /** Visits the references of a class; returns where the fields of its instances are described. */
  private int fieldsOf(int body, References visitor) {
    int at = body + CLASS_CONSTANTS;
    int constants = bytes.getShort(at) & 0xffff;
    at += 2;
    for (int i = 0; i < constants; i++) {
      at = value(at + 2, visitor);
    }
    int statics = bytes.getShort(at) & 0xffff;
    at += 2;
    for (int i = 0; i < statics; i++) {
      at = value(at + ID, visitor);
    }
    return at;
  }

  private int value(int at, References visitor) {
    int type = bytes.get(at);
    if (type == HeapClass.OBJECT && visitor != null) {
      visitor.to(bytes.getLong(at + 1));
    }
    return at + 1 + HeapClass.size(type);
  }

  /** Visits what a class refers to: its superclass, its loader and its static fields. */
  void forEachReferenceOfClass(int position, References visitor) {
    int body = position + 1;
    for (int i = 0; i < 6; i++) {
      visitor.to(bytes.getLong(body + ID + 4 + i * ID));
    }
    fieldsOf(body, visitor);
  }

  private void readRoot(int tag, int body) {
    switch (tag) {
      case 0xff, 0x01, 0x05 -> globalRoots.add(bytes.getLong(body));
      case 0x08 ->
          threads.put(
              bytes.getInt(body + ID),
              new DumpedThread(bytes.getLong(body), bytes.getInt(body + ID + 4)));
      case CLASS -> {
        readClass(body);
        objectCount++;
      }
      case INSTANCE, OBJECT_ARRAY, PRIMITIVE_ARRAY -> objectCount++;
      default -> {}
    }
  }

  private void readClass(int body) {
    long id = bytes.getLong(body);
    var read = new HeapClass(text(classNames.getOrDefault(id, 0L)), bytes.getLong(body + ID + 4));
    int at = fieldsOf(body, null);
    int fields = bytes.getShort(at) & 0xffff;
    at += 2;
    for (int i = 0; i < fields; i++) {
      int type = bytes.get(at + ID);
      // Of others the names are not needed.
      boolean named = type == HeapClass.OBJECT || read.name.equals("java/lang/Thread");
      read.fields.add(new HeapClass.Field(named ? text(bytes.getLong(at)) : "", type));
      at += ID + 1;
    }
    classes.put(id, read);
  }

  /** Reads an object's place, or a root of a thread: all threads are known by now. */
  private void readObject(int tag, int body) {
    switch (tag) {
      case CLASS, INSTANCE, OBJECT_ARRAY, PRIMITIVE_ARRAY ->
          objects.put(bytes.getLong(body), body - 1);
      case 0x02, 0x03 ->
          threadRoot(bytes.getLong(body), bytes.getInt(body + ID), bytes.getInt(body + ID + 4));
      case 0x04, 0x06 -> threadRoot(bytes.getLong(body), bytes.getInt(body + ID), -1);
      default -> {}
    }
  }

  private void threadRoot(long object, int serial, int frame) {
    DumpedThread thread = threads.get(serial);
    if (thread == null) {
      globalRoots.add(object);
    } else {
      thread.roots.add(new Root(object, frame));
    }
  }

  /** The class of an instance, with its layout; null if the dump lacks it. */
  HeapClass classOf(int position) {
    HeapClass found = classes.get(classId(position));
    if (found == null || found.isLinked()) {
      return found;
    }
    var chain = new ArrayList<HeapClass>();
    for (HeapClass each = found; each != null; each = classes.get(each.superId)) {
      chain.add(each);
    }
    return found.link(chain);
  }

  long classId(int position) {
    return bytes.getLong(position + 1 + ID + 4);
  }

  /** Where the fields of an instance begin. */
  static int fields(int position) {
    return position + 1 + 2 * ID + 8;
  }

  /** Visits the elements of an array of objects. */
  void forEachElement(int position, References visitor) {
    int length = bytes.getInt(position + 1 + ID + 4);
    visitor.to(bytes.getLong(position + 1 + ID + 8));
    for (int i = 0; i < length; i++) {
      visitor.to(bytes.getLong(position + 1 + 2 * ID + 8 + i * ID));
    }
  }

  /** Whether a frame of a thread is one of a method of a class; leaf frames have number 0. */
  boolean isMethod(DumpedThread thread, int frame, String className, String methodPrefix) {
    Integer trace = traces.get(thread.trace);
    if (trace == null || frame < 0 || frame >= bytes.getInt(trace + 8)) {
      return false;
    }
    Integer place = frames.get(bytes.getLong(trace + 12 + frame * ID));
    if (place == null) {
      return false;
    }
    Long owner = classBySerial.get(bytes.getInt(place + 4 * ID));
    return owner != null
        && text(classNames.getOrDefault(owner, 0L)).equals(className)
        && text(bytes.getLong(place + ID)).startsWith(methodPrefix);
  }

  private String text(long id) {
    Integer at = texts.get(id);
    if (at == null) {
      return "";
    }
    byte[] text = new byte[bytes.getInt(at + 5) - ID];
    bytes.get(at + 9 + ID, text);
    return new String(text, StandardCharsets.UTF_8);
  }
}
