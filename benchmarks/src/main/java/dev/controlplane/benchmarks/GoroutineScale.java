package dev.controlplane.benchmarks;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.Source;
import dev.controlplane.pprof.StackStyle;
import dev.controlplane.pprof.StandardProfiles;
import dev.controlplane.pprof.ThreadDumpSpeed;
import dev.controlplane.pprof.helidon.PprofFeature;
import dev.controlplane.pprof.http.PprofEndpoint;
import dev.controlplane.pprof.writers.ProfileText;
import dev.controlplane.pprof.writers.ProfileWriter;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Profiles of very many parked virtual threads, ten frames deep, half in a queue's take, half
 * asleep: against Go's own with as many goroutines, and against the JVM's dump, in one run on one
 * machine: {@code goroutines [THREADS [PEER]]}, PEER being the program built from {@code
 * benchmarks/peers/goroutines}. Medians of five after as many to warm up; beyond 500,000 threads,
 * of three after one.
 *
 * <p>The peer also measures what others feel: requests to an HTTP server of this JVM, then to one
 * of its own, while nothing else happens and while profiles are taken through the same server, in
 * turns; medians of seven.
 */
final class GoroutineScale {
  private static final int DEPTH = 8;

  private final int rounds;
  private final int warmUps;

  private GoroutineScale(int threads) {
    boolean many = threads > 500_000;
    this.rounds = many ? 3 : 5;
    this.warmUps = many ? 1 : 5;
  }

  @FunctionalInterface
  private interface Task {
    void run() throws Exception;
  }

  @FunctionalInterface
  private interface Wait {
    void run() throws InterruptedException;
  }

  static void main(String[] args) throws Exception {
    int threads = args.length > 0 ? Integer.parseInt(args[0]) : 100_000;
    Map<String, Double> peer = args.length > 1 ? peer(args[1], threads) : Map.of();
    List<Thread> parked = start(threads);

    var scale = new GoroutineScale(threads);
    var profiler = GoroutineProfiler.create();
    OutputStream nowhere = OutputStream.nullOutputStream();
    System.out.printf("%d virtual threads%n", threads);
    double binary =
        scale.row(
            peer, "debug=0", () -> ProfileWriter.write(profiler.collect(Source.LIVE), nowhere));
    scale.row(peer, "debug=1", () -> ProfileText.write(profiler.collect(Source.LIVE), nowhere));
    double stacks =
        scale.row(peer, "debug=2", () -> profiler.writeStacks(Source.LIVE, StackStyle.GO, nowhere));
    scale.row(peer, "debug=3", () -> profiler.writePerGoroutine(Source.LIVE, nowhere));
    System.out.printf(
        "debug=0, every thread new %.2f ms%n",
        scale.ofNewThreads(
            threads, parked, () -> ProfileWriter.write(profiler.collect(Source.LIVE), nowhere)));
    Double once = peer.get("stack");
    if (once != null) {
      System.out.printf("runtime.Stack once %.2f ms, debug=2 / that %.2f%n", once, stacks / once);
    }

    if (args.length > 1) {
      latency(args[1], threads);
    }

    Path directory = Files.createTempDirectory("goroutine-scale-").toAbsolutePath();
    Path file = directory.resolve("threads.json");
    var hotSpot = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    try {
      double dump =
          scale.median(
              () -> {
                Files.deleteIfExists(file);
                hotSpot.dumpThreads(file.toString(), ThreadDumpFormat.JSON);
              });
      System.out.printf(
          "the JVM's own dump %.1f ms, live profile / dump %.2f%n", dump, binary / dump);
      double parse = scale.median(() -> ThreadDumpSpeed.read(file));
      System.out.printf("its JSON read and counted: %.0f MB/s%n", Files.size(file) / 1e3 / parse);
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(directory);
    }
    System.exit(0);
  }

  private double row(Map<String, Double> peer, String form, Task task) throws Exception {
    double ours = median(task);
    Double go = peer.get(form);
    System.out.printf("%s %.2f ms", form, ours);
    System.out.println(go == null ? "" : String.format(", Go %.2f ms: %.2f", go, ours / go));
    return ours;
  }

  /** Milliseconds. */
  private double median(Task task) throws Exception {
    var times = new double[rounds];
    for (int round = -warmUps; round < rounds; round++) {
      long start = System.nanoTime();
      task.run();
      if (round >= 0) {
        times[round] = (System.nanoTime() - start) / 1e6;
      }
    }
    Arrays.sort(times);
    return times[rounds / 2];
  }

  /** Milliseconds of profiles that find no thread that the one before has seen. */
  private double ofNewThreads(int count, List<Thread> first, Task task) throws Exception {
    List<Thread> threads = first;
    var times = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      threads.forEach(Thread::interrupt);
      for (Thread thread : threads) {
        thread.join();
      }
      threads = start(count);
      long start = System.nanoTime();
      task.run();
      times[round] = (System.nanoTime() - start) / 1e6;
    }
    Arrays.sort(times);
    return times[rounds / 2];
  }

  private static Map<String, Double> peer(String program, int goroutines)
      throws IOException, InterruptedException {
    String output = output(program, String.valueOf(goroutines));
    var times = new LinkedHashMap<String, Double>();
    output
        .lines()
        .forEach(
            line ->
                times.put(
                    line.substring(0, line.indexOf(' ')),
                    Double.valueOf(line.substring(line.indexOf(' ') + 1))));
    return times;
  }

  private static String output(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + " failed");
    }
    return output;
  }

  private static List<Thread> start(int threads) throws InterruptedException {
    var all = new ArrayList<Thread>(threads);
    var started = new CountDownLatch(threads);
    var queue = new LinkedBlockingQueue<Integer>();
    for (int i = 0; i < threads; i++) {
      Wait wait = i % 2 == 0 ? queue::take : () -> TimeUnit.HOURS.sleep(1);
      all.add(
          Thread.startVirtualThread(
              () -> {
                started.countDown();
                try {
                  descend(DEPTH, wait);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }));
    }
    started.await();
    TimeUnit.SECONDS.sleep(1);
    return all;
  }

  private static void descend(int depth, Wait wait) throws InterruptedException {
    if (depth == 0) {
      wait.run();
    } else {
      descend(depth - 1, wait);
    }
  }

  /** What a server's clients feel of profiles: of this JVM's server, and of Go's. */
  private static void latency(String peer, int goroutines)
      throws IOException, InterruptedException {
    StandardProfiles profiles = StandardProfiles.builder().build();
    WebServer server =
        WebServer.builder()
            .address(InetAddress.getLoopbackAddress())
            .featuresDiscoverServices(false)
            .addFeature(PprofFeature.create(PprofEndpoint.create(profiles.profiles())))
            .routing(HttpRouting.builder().get("/", (request, response) -> response.send("ok")))
            .build()
            .start();
    String ours = "http://localhost:" + server.port();
    System.out.println("requests: " + output(peer, "latency", ours).strip());
    server.stop();
    Process go =
        new ProcessBuilder(peer, "serve", String.valueOf(goroutines))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      String theirs = go.inputReader(StandardCharsets.UTF_8).readLine();
      System.out.println("Go, requests: " + output(peer, "latency", theirs).strip());
    } finally {
      go.destroy();
    }
  }
}
