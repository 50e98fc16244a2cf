package dev.controlplane.pprof.jfr;

import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.model.Frame;
import dev.controlplane.pprof.model.FrameTable;
import dev.controlplane.pprof.model.LabelSet;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Stack;
import dev.controlplane.pprof.sources.ClassHistogram;
import dev.controlplane.pprof.sources.MemStats;
import dev.controlplane.pprof.threads.Roster;
import dev.controlplane.pprof.writers.ProfileText;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.List;

/**
 * The objects on the heap, like Go's {@code /debug/pprof/heap}.
 *
 * <p>With a running {@link AllocsProfile}, they are shown by the stack that allocated them: the
 * recorder keeps up to 256 samples of what survived a collection, and the heap in use is shared out
 * among them. Without one, or before the first sample, they are shown by class, without stack. The
 * class stands on the stack as {@code java.lang.String.class}.
 *
 * <p>{@code gc=1} collects garbage first.
 *
 * @since 0.1.0
 */
public final class HeapProfile implements ProfileKind.Cumulative {
  /** So many classes are shown; the others as one. */
  private static final int MOST_CLASSES = 1000;

  private final AllocsProfile allocations;

  /** The heap by class. It costs nothing while nobody asks. */
  public HeapProfile() {
    this.allocations = null;
  }

  /** The heap by stack, with the allocations so far beside. */
  public HeapProfile(AllocsProfile allocations) {
    this.allocations = allocations;
  }

  @Override
  public String name() {
    return "heap";
  }

  @Override
  public String description() {
    return "A sampling of memory allocations of live objects. You can specify the gc GET parameter"
        + " to run GC before taking the heap sample.";
  }

  @Override
  public long count() {
    return allocations == null ? 0 : allocations.count();
  }

  @Override
  public Profile collect(Parameters parameters) throws IOException {
    boolean collect = isPositive(parameters.text("gc"));
    Profile.Builder profile = AllocsProfile.begin();
    if (allocations == null || !allocations.hasRecorded()) {
      byClass(profile, collect);
      return profile.build();
    }
    if (collect) {
      System.gc();
    }
    allocations.addTo(profile);
    List<LiveObjects.Sampled> objects = LiveObjects.now(Roster.FRAMES);
    if (objects.isEmpty()) {
      byClass(profile, false);
    } else {
      objects.forEach(object -> allocations.sizes().learn(object.type(), object.size()));
      byStack(profile, objects, inUse());
    }
    return profile.build();
  }

  @Override
  public void writeText(long debug, Parameters parameters, OutputStream out) throws IOException {
    ProfileText.writeHeap(collect(parameters), MemStats.now(), out);
  }

  /** As Go reads numbers: what is no number is 0. */
  private static boolean isPositive(String text) {
    return text.matches("\\+?\\d*[1-9]\\d*");
  }

  /**
   * Shares the heap in use out among the samples. Bytes have been sampled evenly, so all samples
   * stand for as many; but a large object stands for itself alone.
   */
  static void byStack(Profile.Builder profile, List<LiveObjects.Sampled> objects, long inUse) {
    long share = inUse / objects.size();
    long large = 0;
    int others = 0;
    for (LiveObjects.Sampled object : objects) {
      if (object.size() > share) {
        large += object.size();
      } else {
        others++;
      }
    }
    long rest = others == 0 ? 0 : Math.max(0, inUse - large) / others;
    for (LiveObjects.Sampled object : objects) {
      boolean isLarge = object.size() > share;
      long size = Math.max(1, object.size());
      long bytes = isLarge ? size : Math.max(size, rest);
      profile.add(object.stack(), LabelSet.EMPTY, 0, 0, bytes / size, bytes);
    }
    profile.comment(
        "Live objects are estimated: %d sampled objects share the %d bytes that were in use after"
                .formatted(objects.size(), inUse)
            + " the last collection. Objects younger than that are not seen. gc=1 collects first.");
  }

  private static void byClass(Profile.Builder profile, boolean collect) throws IOException {
    List<ClassHistogram.Line> classes = ClassHistogram.take(collect);
    long objects = 0;
    long bytes = 0;
    for (ClassHistogram.Line line : classes.subList(0, Math.min(MOST_CLASSES, classes.size()))) {
      profile.add(stackOf(line.type()), LabelSet.EMPTY, 0, 0, line.objects(), line.bytes());
    }
    for (ClassHistogram.Line line :
        classes.subList(Math.min(MOST_CLASSES, classes.size()), classes.size())) {
      objects += line.objects();
      bytes += line.bytes();
    }
    if (objects > 0) {
      Stack others = StackReader.stackOf(Roster.FRAMES, "otherClasses");
      profile.add(others, LabelSet.EMPTY, 0, 0, objects, bytes);
    }
    profile.comment(
        "Live objects are by class, because no sample tells who allocated them"
            + (collect
                ? "."
                : "; garbage since the last collection counts too. gc=1 collects first."));
  }

  private static Stack stackOf(String className) {
    Frame frame = Roster.FRAMES.named(className, "class", FrameTable.NO_FILE, 0);
    return new Stack(new Frame[] {frame});
  }

  /** The heap in use after the last collection of each of its parts, in bytes. */
  private static long inUse() {
    long used = 0;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      MemoryUsage collected = pool.getType() == MemoryType.HEAP ? pool.getCollectionUsage() : null;
      if (collected != null) {
        used += collected.getUsed();
      }
    }
    return used > 0 ? used : ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
