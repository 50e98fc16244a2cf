package dev.controlplane.pprof;

import dev.controlplane.pprof.model.Profile;
import dev.controlplane.pprof.writers.ProfileText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/** Profiles a JVM whose threads stand still by both sources, and says where they differ. */
final class QuietThreads {
  private QuietThreads() {}

  public static void main(String[] args) throws Exception {
    start();
    GoroutineProfiler profiler = GoroutineProfiler.create();
    if (args.length > 0 && args[0].equals("program")) {
      GoroutineProfiler program =
          GoroutineProfiler.create(GoroutineProfiler.Options.defaults().withJvmThreads(false));
      System.out.print(Dumps.take(program, Source.valueOf(args[1])));
      System.exit(0);
    }
    if (args.length > 0) {
      System.out.print(Dumps.take(profiler, Source.AUTO));
      System.exit(0);
    }
    // What the profiler itself starts in the JVM is there from now on.
    Dumps.take(profiler, Source.HOTSPOT);
    Dumps.take(profiler, Source.LIVE);
    String difference = "not compared";
    for (int attempt = 0; attempt < 100 && !difference.isEmpty(); attempt++) {
      Dumps.pause();
      difference = compare(profiler);
    }
    try (Stream<Path> left = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      List<String> names =
          left.map(path -> path.getFileName().toString())
              .filter(name -> name.startsWith("goroutines"))
              .toList();
      System.out.println(difference.isEmpty() && names.isEmpty() ? "same" : difference + names);
    }
    System.exit(0);
  }

  private static String compare(GoroutineProfiler profiler) throws IOException {
    Map<Long, Dumps.Parsed> live = Dumps.parse(Dumps.take(profiler, Source.LIVE));
    Map<Long, Dumps.Parsed> hotSpot = Dumps.parse(Dumps.take(profiler, Source.HOTSPOT));
    // The carriers of virtual threads rest at different depths of their pool from time to time.
    for (Map<Long, Dumps.Parsed> dump : List.of(live, hotSpot)) {
      dump.values().removeIf(goroutine -> goroutine.functions().toString().contains("ForkJoin"));
      dump.values().removeIf(goroutine -> goroutine.functions().toString().contains("Profiler"));
    }
    if (!live.equals(hotSpot)) {
      var differing = new TreeMap<>(live);
      hotSpot.forEach((id, goroutine) -> differing.remove(id, goroutine));
      var other = new TreeMap<>(hotSpot);
      live.forEach((id, goroutine) -> other.remove(id, goroutine));
      return "live: " + differing.values() + "\nhotspot: " + other.values();
    }
    if (live.size() < 12) {
      return "too few: " + live;
    }
    // The calling thread stands at another line of this method.
    String a = text(profiler.collect(Source.LIVE)).replaceAll("(?m)^.*QuietThreads.compare.*$", "");
    String b =
        text(profiler.collect(Source.HOTSPOT)).replaceAll("(?m)^.*QuietThreads.compare.*$", "");
    return a.lines()
            .filter(line -> !line.contains(" @ "))
            .sorted()
            .toList()
            .equals(b.lines().filter(line -> !line.contains(" @ ")).sorted().toList())
        ? ""
        : a + b;
  }

  private static String text(Profile profile) throws IOException {
    var out = new ByteArrayOutputStream();
    ProfileText.write(profile, out);
    return out.toString(StandardCharsets.UTF_8);
  }

  private static void start() throws Exception {
    var lock = new ReentrantLock();
    lock.lock();
    Object monitor = new Object();
    var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    var process = new ProcessBuilder("cat").start();
    List<Runnable> states = new ArrayList<>();
    states.add(LockSupport::park);
    states.add(lock::lock);
    states.add(quietly(() -> new ArrayBlockingQueue<>(1).take()));
    states.add(quietly(() -> TimeUnit.HOURS.sleep(1)));
    states.add(quietly(() -> new CountDownLatch(1).await()));
    states.add(quietly(() -> process.getInputStream().read()));
    states.add(
        quietly(
            () -> {
              synchronized (monitor) {
                while (server != null) {
                  monitor.wait();
                }
              }
            }));
    for (Runnable state : states) {
      Thread.ofPlatform().daemon().start(state);
      Labels.of("kind", "quiet").run(() -> Goroutines.start("quiet", state));
      Labels.of("kind", "plain").run(() -> Thread.startVirtualThread(state));
    }
    Thread.startVirtualThread(quietly(server::accept));
  }

  @FunctionalInterface
  private interface Wait {
    void run() throws Exception;
  }

  private static Runnable quietly(Wait work) {
    return () -> {
      try {
        work.run();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    };
  }
}
