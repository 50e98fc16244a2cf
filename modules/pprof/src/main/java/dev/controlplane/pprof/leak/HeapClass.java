package dev.controlplane.pprof.leak;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A class of a heap dump: where its instances keep references. */
final class HeapClass {
  /** A field that instances have of their own. */
  record Field(String name, int type) {}

  static final int OBJECT = 2;

  final String name;
  final long superId;
  final List<Field> fields = new ArrayList<>();

  /** Offsets of references in an instance; those of superclasses follow. Null until linked. */
  private int[] references;

  private int ownReferences;
  private int tid = -1;
  private int parkBlocker = -1;
  private boolean thread;

  HeapClass(String name, long superId) {
    this.name = name;
    this.superId = superId;
  }

  /** The size of a value in a heap dump. */
  static int size(int type) {
    return switch (type) {
      case OBJECT, 7, 11 -> 8; // object, double, long
      case 6, 10 -> 4; // float, int
      case 5, 9 -> 2; // char, short
      case 4, 8 -> 1; // boolean, byte
      default -> throw new IllegalStateException("unknown type " + type + " in the heap dump");
    };
  }

  /** Computes the layout; {@code chain} begins with this class and ends with Object. */
  HeapClass link(List<HeapClass> chain) {
    if (references != null) {
      return this;
    }
    boolean weak =
        chain.stream()
            .anyMatch(
                each ->
                    each.name.equals("java/lang/ref/WeakReference")
                        || each.name.equals("java/lang/ref/PhantomReference"));
    int[] found = new int[8];
    int count = 0;
    int offset = 0;
    for (HeapClass each : chain) {
      boolean isThread = each.name.equals("java/lang/Thread");
      thread |= isThread;
      for (Field field : each.fields) {
        if (isThread && field.name().equals("tid")) {
          tid = offset;
        }
        if (isThread && field.name().equals("parkBlocker")) {
          parkBlocker = offset;
        }
        boolean referent = weak && field.name().equals("referent");
        if (field.type() == OBJECT && !referent) {
          if (count == found.length) {
            found = Arrays.copyOf(found, count * 2);
          }
          found[count++] = offset;
          // Fields that a program declares in a thread class of its own come first.
          if (!each.name.startsWith("java/lang/") && !each.name.startsWith("jdk/internal/")) {
            ownReferences = count;
          }
        }
        offset += size(field.type());
      }
    }
    references = Arrays.copyOf(found, count);
    return this;
  }

  boolean isLinked() {
    return references != null;
  }

  int[] references() {
    return references;
  }

  /** How many of the references, the first ones, a program's own thread class declares. */
  int ownReferences() {
    return ownReferences;
  }

  boolean isThread() {
    return thread;
  }

  /** Offset of the thread id in an instance; -1 if this is no thread, or an unknown one. */
  int tid() {
    return tid;
  }

  int parkBlocker() {
    return parkBlocker;
  }
}
