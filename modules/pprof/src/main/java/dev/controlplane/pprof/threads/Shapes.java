package dev.controlplane.pprof.threads;

import dev.controlplane.pprof.SpawnSites;
import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.Stack;
import java.util.Arrays;
import java.util.Map;

/**
 * A cache of shapes by stack: most threads of a server have a stack that others have too. It is
 * emptied when full. Not thread-safe.
 */
public final class Shapes {
  /** Deeper stacks lose frames at the root, like Go's at 128 (runtime/pprof). */
  public static final int MAX_DEPTH = 512;

  private static final int SIZE = 1 << 14;

  /** The most frames of all cached stacks, as hostile thread dumps have deep ones. */
  private static final int MOST_FRAMES = 1 << 20;

  private final Map<String, SpawnSites.SpawnSite> sites;
  private Frame[][] raws = new Frame[SIZE][];
  private Shape[] shapes = new Shape[SIZE];
  private int used;
  private int frames;

  Shapes(Map<String, SpawnSites.SpawnSite> sites) {
    this.sites = sites;
  }

  /** Returns the shape of a complete stack, leaf first; it must not be empty. */
  Shape shape(Frame[] raw, int depth) {
    int hash = hash(raw, depth);
    int slot = (hash ^ hash >>> 16) & (SIZE - 1);
    while (raws[slot] != null) {
      if (Arrays.equals(raws[slot], 0, raws[slot].length, raw, 0, depth)) {
        return shapes[slot];
      }
      slot = (slot + 1) & (SIZE - 1);
    }
    Shape shape = read(Arrays.copyOf(raw, depth));
    used++;
    frames += depth;
    if (used > SIZE / 2 || frames > MOST_FRAMES) {
      Arrays.fill(raws, null);
      Arrays.fill(shapes, null);
      used = 0;
      frames = 0;
    } else {
      raws[slot] = Arrays.copyOf(raw, depth);
      shapes[slot] = shape;
    }
    return shape;
  }

  private static int hash(Frame[] raw, int depth) {
    int hash = depth;
    for (int i = 0; i < depth; i++) {
      hash = hash * 31 + raw[i].hashCode();
    }
    return hash;
  }

  private Shape read(Frame[] raw) {
    Stack stack = Stack.visible(raw);
    if (stack.frames.length > MAX_DEPTH) {
      stack = new Stack(Arrays.copyOf(stack.frames, MAX_DEPTH));
    }
    return new Shape(stack, WaitReasons.read(raw, raw.length), site(raw));
  }

  private SpawnSites.SpawnSite site(Frame[] raw) {
    for (int i = raw.length - 1; i >= 0; i--) {
      if (!raw[i].function.internal) {
        return sites.get(raw[i].function.name);
      }
    }
    return null;
  }
}
