package dev.controlplane.pprof.jfr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.Await;
import dev.controlplane.pprof.ProfileKind.Cumulative;
import dev.controlplane.pprof.ProfileKind.Parameters;
import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.model.Profile.ValueType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Allocations of this JVM, and what is left of them on the heap. */
final class AllocationsTest {
  private static final int ALLOC_OBJECTS = 0;
  private static final int ALLOC_SPACE = 1;
  private static final int INUSE_OBJECTS = 2;
  private static final int INUSE_SPACE = 3;
  private static final long MB = 1 << 20;
  private static final Parameters GC = name -> name.equals("gc") ? "1" : "";

  /** An object of 32 bytes: 12 of header, 16 of fields, and what aligns them. */
  private record Small(long first, long second) {}

  private final AllocsProfile allocs = AllocsProfile.start();
  private final HeapProfile heap = new HeapProfile(allocs);
  private List<Object> kept = new ArrayList<>();
  private final Object[] last = new Object[1];

  @AfterEach
  void close() {
    allocs.close();
  }

  private void allocateArrays(long bytes) {
    for (long done = 0; done < bytes; done += 1024) {
      last[0] = new byte[1008];
    }
  }

  private void allocateSmall(long bytes) {
    for (long done = 0; done < bytes; done += 32) {
      last[0] = new Small(done, done);
    }
  }

  private void keepArrays(int count) {
    for (int i = 0; i < count; i++) {
      kept.add(new long[1000]);
    }
  }

  /** Collects until a profile is as expected: the recording is read once a second. */
  private static Samples await(
      Cumulative kind, Parameters parameters, Runnable meanwhile, Predicate<Samples> expected)
      throws Exception {
    return Await.value(
        () -> {
          meanwhile.run();
          return Samples.of(kind.collect(parameters));
        },
        expected);
  }

  private void run(String kind, Runnable work) {
    try {
      (kind.equals("virtual") ? Thread.ofVirtual() : Thread.ofPlatform()).start(work).join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"virtual", "platform"})
  void theLineThatAllocatesIsOnTop(String kind) throws Exception {
    Samples samples =
        await(
            allocs,
            Parameters.NONE,
            () -> run(kind, () -> allocateArrays(100 * MB)),
            some -> some.of(".allocateArrays", ALLOC_SPACE) > 300 * MB);

    Samples.Sample top = samples.top(ALLOC_SPACE);
    assertEquals(AllocationsTest.class.getName() + ".allocateArrays", top.leaf().function.name);
    assertTrue(top.leaf().line > 0, samples::toString);
  }

  @Test
  void bytesAndObjectsAreAboutWhatWasAllocated() throws Exception {
    await(
        allocs,
        Parameters.NONE,
        () -> run("platform", () -> allocateArrays(20 * MB)),
        some -> some.of(".allocateArrays", ALLOC_SPACE) > 0);
    long bytes = 4000 * MB;
    // One thread: what a thread allocated after its last sample is not seen.
    run("platform", () -> allocateSmall(bytes));

    Samples samples =
        await(
            allocs,
            Parameters.NONE,
            () -> {},
            some -> some.of(".allocateSmall", ALLOC_SPACE) > bytes * 0.6);

    long space = samples.of(".allocateSmall", ALLOC_SPACE);
    assertTrue(space < bytes * 1.05, () -> space + " of " + bytes);
    assertEquals(32.0, (double) space / samples.of(".allocateSmall", ALLOC_OBJECTS), 1);
  }

  @Test
  void whatAThreadAllocatedBeforeIsNotCounted() throws Exception {
    allocs.close();
    allocateArrays(500 * MB);
    try (AllocsProfile later = AllocsProfile.start()) {
      Samples samples =
          await(
              later,
              Parameters.NONE,
              () -> allocateSmall(MB),
              some -> some.of(".allocateSmall", ALLOC_SPACE) > 0);

      long all = samples.all().stream().mapToLong(one -> one.values().get(ALLOC_SPACE)).sum();
      assertTrue(all < 300 * MB, samples::toString);
    }
  }

  @Test
  void sumsNeverFallUnderLoadAlsoByStackAndStacksKeepTheirAddresses() throws Exception {
    try (var burning = new Burning()) {
      for (int i = 0; i < 4; i++) {
        int depth = i;
        burning.on(
            i % 2 == 0 ? Thread.ofVirtual() : Thread.ofPlatform(),
            () -> {
              while (burning.isOn()) {
                allocateDeep(depth);
              }
            });
      }
      Map<List<Long>, List<Long>> before = Map.of();
      long allocated = 0;
      for (int i = 0; i < 10; i++) {
        long earlier = allocated;
        Samples samples =
            await(
                allocs,
                Parameters.NONE,
                () -> {},
                some -> some.of(".allocateDeep", ALLOC_SPACE) > earlier);
        Map<List<Long>, List<Long>> now = byAddresses(samples);
        before.forEach(
            (stack, values) -> {
              List<Long> grown = now.get(stack);
              assertTrue(grown != null, () -> stack + " is gone");
              for (int value = 0; value < values.size(); value++) {
                assertTrue(grown.get(value) >= values.get(value), () -> values + " to " + grown);
              }
            });
        assertEquals(samples.all().size(), now.size(), "two stacks have the same addresses");
        before = now;
        allocated = samples.of(".allocateDeep", ALLOC_SPACE);
      }
    }
  }

  private void allocateDeep(int depth) {
    if (depth > 0) {
      allocateDeep(depth - 1);
    } else {
      allocateArrays(MB);
    }
  }

  private static Map<List<Long>, List<Long>> byAddresses(Samples samples) {
    var all = new HashMap<List<Long>, List<Long>>();
    for (Samples.Sample sample : samples.all()) {
      all.put(sample.frames().stream().map(frame -> frame.address).toList(), sample.values());
    }
    return all;
  }

  @Test
  void whatIsKeptIsOnTheHeapUnderTheStackThatAllocatedIt() throws Exception {
    Samples samples =
        await(
            heap,
            GC,
            () -> run("virtual", () -> keepArrays(2000)),
            some -> some.of(".keepArrays", INUSE_SPACE) > 40 * MB);

    Samples.Sample top = samples.top(INUSE_SPACE);
    assertTrue(top.has(".keepArrays"), samples::toString);
    long size = samples.of(".keepArrays", INUSE_SPACE) / samples.of(".keepArrays", INUSE_OBJECTS);
    assertTrue(size > 7600 && size < 8400, () -> size + " bytes each");
    long used = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    long all = samples.all().stream().mapToLong(one -> one.values().get(INUSE_SPACE)).sum();
    assertTrue(all < used * 1.3, () -> all + " of " + used);
  }

  @Test
  void whatIsDroppedLeavesTheHeap() throws Exception {
    await(
        heap,
        GC,
        () -> run("platform", () -> keepArrays(2000)),
        some -> some.of(".keepArrays", INUSE_SPACE) > 10 * MB);

    kept = new ArrayList<>();

    await(
        heap,
        GC,
        () -> {},
        some ->
            some.of(".keepArrays", INUSE_SPACE) == 0 && some.of(".keepArrays", ALLOC_SPACE) > 0);
  }

  @Test
  void theValuesAreWhatGoesProfilesHave() throws Exception {
    Profile profile = allocs.collect(Parameters.NONE);

    assertEquals(
        List.of(
            new ValueType("alloc_objects", "count"),
            new ValueType("alloc_space", "bytes"),
            new ValueType("inuse_objects", "count"),
            new ValueType("inuse_space", "bytes")),
        profile.sampleTypes());
    assertEquals("alloc_space", profile.defaultSampleType());
    assertEquals(new ValueType("space", "bytes"), profile.periodType());
    assertEquals(524_288, profile.period());
    assertEquals(Duration.ZERO, profile.duration());
    assertEquals(profile.sampleTypes(), heap.collect(Parameters.NONE).sampleTypes());
    assertEquals("", heap.collect(Parameters.NONE).defaultSampleType());
  }

  @Test
  void allocationsAreSeenBesideAnotherRecording() throws Exception {
    try (var other = new Recording()) {
      other.enable("jdk.ObjectAllocationSample").with("throttle", "10/s");
      other.start();
      await(
          allocs,
          Parameters.NONE,
          () -> run("virtual", () -> allocateArrays(100 * MB)),
          some -> some.of(".allocateArrays", ALLOC_SPACE) > 100 * MB);
      other.stop();
    }
    long seen = Samples.of(allocs.collect(Parameters.NONE)).of(".allocateArrays", ALLOC_SPACE);
    await(
        allocs,
        Parameters.NONE,
        () -> run("virtual", () -> allocateArrays(100 * MB)),
        some -> some.of(".allocateArrays", ALLOC_SPACE) > seen);
  }

  @Test
  void severalLooksAtTheHeapAtOnceAllSeeIt() throws Exception {
    await(
        heap,
        GC,
        () -> run("platform", () -> keepArrays(2000)),
        some -> some.of(".keepArrays", INUSE_SPACE) > 10 * MB);
    var threads = new ArrayList<Thread>();
    var seen = new ArrayList<Long>();
    for (int i = 0; i < 4; i++) {
      threads.add(
          Thread.startVirtualThread(
              () -> {
                try {
                  Samples samples = Samples.of(heap.collect(Parameters.NONE));
                  synchronized (seen) {
                    seen.add(samples.of(".keepArrays", INUSE_SPACE));
                  }
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }

    assertEquals(4, seen.size());
    assertTrue(seen.stream().allMatch(bytes -> bytes > 5 * MB && bytes < 100 * MB), seen::toString);
  }

  @Test
  void closingEndsTheRecordingAndItsThread() throws Exception {
    allocs.collect(Parameters.NONE);
    assertEquals(1, recorderThreads());

    allocs.close();

    assertEquals(0, recorderThreads());
    assertEquals(List.of(), FlightRecorder.getFlightRecorder().getRecordings());
  }

  private static long recorderThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("pprof-recorder"))
        .count();
  }

  @Test
  void withoutARecordingTheHeapIsByClass() throws Exception {
    allocs.close();
    IntStream.range(0, 1234).forEach(i -> kept.add(new Small(i, i)));

    Samples samples = Samples.of(new HeapProfile().collect(GC));

    String name = Small.class.getName() + ".class";
    assertEquals(1234, samples.of(name, INUSE_OBJECTS));
    assertEquals(1234 * 32, samples.of(name, INUSE_SPACE));
    assertTrue(samples.of("byte[].class", INUSE_SPACE) > 0);
    assertTrue(samples.all().size() <= 1001);

    kept = new ArrayList<>();
    assertEquals(0, Samples.of(new HeapProfile().collect(GC)).of(name, INUSE_OBJECTS));
  }
}
