package dev.controlplane.pprof.jfr;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Estimates how large the objects of a class are. The size of an instance follows from the fields
 * of its class, as HotSpot lays them out; the length of arrays is learned from objects that were
 * seen. Thread-safe.
 */
final class ObjectSizes {
  /** What is assumed of objects that nothing is known of, in bytes. */
  static final long UNKNOWN = 48;

  private static final int MOST_CLASSES = 1 << 15;
  private static final int HEADER = 12;
  private static final int ALIGNMENT = 8;

  /** How references are stored below 32 GB of heap. */
  private static final int REFERENCE = Runtime.getRuntime().maxMemory() < 32L << 30 ? 4 : 8;

  private static final Map<Class<?>, Integer> PRIMITIVES =
      Map.of(
          boolean.class, 1,
          byte.class, 1,
          short.class, 2,
          char.class, 2,
          int.class, 4,
          float.class, 4,
          long.class, 8,
          double.class, 8);

  /** Sizes that were seen: how often, and the sum of their reciprocals. */
  private record Seen(long count, double reciprocals) {
    Seen plus(long size) {
      return new Seen(count + 1, reciprocals + 1.0 / size);
    }

    /**
     * Large objects are sampled more often than small ones, in proportion to their size. Their
     * harmonic mean makes up for that.
     */
    long mean() {
      return Math.max(ALIGNMENT, Math.round(count / reciprocals));
    }
  }

  private final Map<String, Seen> seen = new ConcurrentHashMap<>();
  private final Map<String, Long> layouts = new ConcurrentHashMap<>();
  private final boolean live;

  /**
   * @param live whether the classes are those of this JVM
   */
  ObjectSizes(boolean live) {
    this.live = live;
  }

  /** Takes down the size of an object that was sampled by its bytes. */
  void learn(String className, long size) {
    if (size > 0 && (seen.size() < MOST_CLASSES || seen.containsKey(className))) {
      seen.merge(className, new Seen(1, 1.0 / size), (sizes, one) -> sizes.plus(size));
    }
  }

  /** The size of an object of a class in bytes; at least 1. */
  long of(String className) {
    Seen sizes = seen.get(className);
    if (sizes != null) {
      return sizes.mean();
    }
    if (!live || className.isEmpty() || className.startsWith("[")) {
      return UNKNOWN;
    }
    Long layout = layouts.get(className);
    if (layout == null) {
      layout = layout(className);
      if (layouts.size() < MOST_CLASSES) {
        layouts.put(className, layout);
      }
    }
    return layout;
  }

  private static long layout(String className) {
    try {
      Class<?> type = Class.forName(className, false, ClassLoader.getSystemClassLoader());
      long size = HEADER;
      for (Class<?> part = type; part != null; part = part.getSuperclass()) {
        for (Field field : part.getDeclaredFields()) {
          if (!Modifier.isStatic(field.getModifiers())) {
            size += PRIMITIVES.getOrDefault(field.getType(), REFERENCE);
          }
        }
      }
      return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    } catch (ClassNotFoundException | LinkageError e) {
      return UNKNOWN; // another class loader's, or hidden
    }
  }
}
