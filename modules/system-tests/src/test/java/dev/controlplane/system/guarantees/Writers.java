package dev.controlplane.system.guarantees;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.history.Event.Written;
import dev.controlplane.system.history.Kind;
import dev.controlplane.system.history.Recorder;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Publish, roll back and delete at random and note what was answered. Each worker has one writer,
 * which asks until it is answered.
 */
public final class Writers {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  /** One in so many versions is too large to come along. */
  private static final int LARGE = 25;

  private final Cluster cluster;
  private final Recorder recorder;
  private final Random random;
  private final List<Thread> threads = new ArrayList<>();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final AtomicLong answered = new AtomicLong();
  private final Map<String, Worker> workers = new TreeMap<>();
  private final Semaphore allowed = new Semaphore(0);

  /** Held to read by who writes, from the first attempt to the answer. */
  private final ReentrantReadWriteLock writing = new ReentrantReadWriteLock(true);

  private volatile boolean stop;

  Writers(Cluster cluster, Recorder recorder, List<String> names, long seed) {
    this.cluster = cluster;
    this.recorder = recorder;
    this.random = new Random(seed);
    names.forEach(name -> workers.put(name, new Worker(name)));
  }

  /** What a worker's one writer knows of it. */
  private static final class Worker {
    private final String name;
    private final List<String> live = new ArrayList<>();
    private final List<String> deleted = new ArrayList<>();
    private int versions;

    Worker(String name) {
      this.name = name;
    }
  }

  /** What all writers knew at a moment; see {@link #known}. */
  record Knowledge(Map<String, List<String>> live, Map<String, List<String>> deleted) {}

  /** The answer to a request that was made until there was one. */
  private record Answer(long began, HttpResponse<String> response) {}

  /** The bytes of a version: another worker's version of the same name may have the same. */
  private static byte[] bytes(String worker, String version) {
    Random of = new Random((version.endsWith("0") ? version : worker + version).hashCode());
    byte[] bytes = new byte[8 + (of.nextInt(LARGE) == 0 ? 40 << 10 : of.nextInt(2_000))];
    of.nextBytes(bytes);
    return bytes;
  }

  /** Lets so many more writes be made. */
  void allow(int writes) {
    allowed.release(writes);
  }

  /**
   * Starts so many writers that share the workers; they write what they are allowed to.
   *
   * @param pauseMillis the most that each waits between its writes
   */
  void start(int writers, int pauseMillis) {
    List<String> names = List.copyOf(workers.keySet());
    for (int i = 0; i < writers; i++) {
      List<Worker> own = new ArrayList<>();
      for (int n = i; n < names.size(); n += writers) {
        own.add(workers.get(names.get(n)));
      }
      Random choices = new Random(random.nextLong());
      threads.add(Thread.ofVirtual().start(() -> keepWriting(own, choices, pauseMillis)));
    }
  }

  private void keepWriting(List<Worker> own, Random choices, int pauseMillis) {
    try {
      while (!stop) {
        if (allowed.tryAcquire(100, TimeUnit.MILLISECONDS)) {
          writing.readLock().lock();
          try {
            write(own.get(choices.nextInt(own.size())), choices);
          } finally {
            writing.readLock().unlock();
          }
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(choices.nextInt(pauseMillis + 1)));
        }
      }
    } catch (InterruptedException | RuntimeException | Error e) {
      failures.add(e);
    }
  }

  private void write(Worker worker, Random choices) {
    int dice = choices.nextInt(100);
    if (worker.live.isEmpty() || dice < 65) {
      boolean again = !worker.deleted.isEmpty() && choices.nextInt(10) == 0;
      publish(
          worker,
          again ? worker.deleted.remove(choices.nextInt(worker.deleted.size())) : next(worker));
    } else if (dice < 80) {
      rollBack(worker, worker.live.get(choices.nextInt(worker.live.size())));
    } else {
      delete(worker, worker.live.get(choices.nextInt(worker.live.size())));
    }
  }

  /** Waits until every write is answered, and lets no other begin; false if it takes longer. */
  boolean hold(Duration limit) {
    try {
      return writing.writeLock().tryLock(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Lets them write again; by the thread that has held them. */
  void release() {
    writing.writeLock().unlock();
  }

  /** What the writers know of the log; only while they are held. */
  Knowledge known() {
    return new Knowledge(copied(worker -> worker.live), copied(worker -> worker.deleted));
  }

  private Map<String, List<String>> copied(Function<Worker, List<String>> versions) {
    return workers.values().stream()
        .collect(
            Collectors.toMap(worker -> worker.name, worker -> List.copyOf(versions.apply(worker))));
  }

  /**
   * The log is what it was when they knew this. Versions that were published since are not tried
   * again. Only while they are held.
   *
   * @param revision where the log ends now
   */
  void recall(Knowledge knowledge, long revision) {
    workers
        .values()
        .forEach(
            worker -> {
              worker.live.clear();
              worker.live.addAll(knowledge.live().get(worker.name));
              worker.deleted.clear();
              worker.deleted.addAll(knowledge.deleted().get(worker.name));
            });
    answered.set(revision);
  }

  private static String next(Worker worker) {
    worker.versions++;
    return "1." + worker.versions;
  }

  /**
   * Publishes a new version of each of the last workers by name; only while no writer is running.
   *
   * @return the revisions
   */
  Map<String, Long> publish(int count) {
    Map<String, Long> revisions = new TreeMap<>();
    workers.values().stream()
        .skip(Math.max(0, workers.size() - count))
        .forEach(worker -> revisions.put(worker.name, publish(worker, next(worker))));
    return revisions;
  }

  /** Publishes a new version of every worker; only while no writer is running. */
  Map<String, Long> publishEach() {
    return publish(workers.size());
  }

  private long publish(Worker worker, String version) {
    byte[] bytes = bytes(worker.name, version);
    Answer answer =
        ask(
            HttpRequest.newBuilder(cluster.versionUri(worker.name, version))
                .PUT(BodyPublishers.ofByteArray(bytes)));
    worker.live.add(version);
    return note(answer, Kind.PUBLISHED, worker, version, Cluster.sha256(bytes), bytes.length);
  }

  private void rollBack(Worker worker, String version) {
    String body = JsonNodeFactory.instance.objectNode().put("version", version).toString();
    URI latest =
        URI.create(cluster.uploadUrl() + "/workers/" + Cluster.segment(worker.name) + "/latest");
    Answer answer =
        ask(
            HttpRequest.newBuilder(latest)
                .header("Content-Type", "application/json")
                .PUT(BodyPublishers.ofString(body)));
    note(answer, Kind.ROLLED_BACK, worker, version, "", 0);
  }

  private void delete(Worker worker, String version) {
    Answer answer = ask(HttpRequest.newBuilder(cluster.versionUri(worker.name, version)).DELETE());
    worker.live.remove(version);
    worker.deleted.add(version);
    note(answer, Kind.DELETED, worker, version, "", 0);
  }

  private Answer ask(HttpRequest.Builder request) {
    long began = recorder.now();
    while (true) {
      try {
        HttpResponse<String> response =
            Cluster.HTTP.send(request.timeout(TIMEOUT).build(), BodyHandlers.ofString());
        if (response.statusCode() != 503) {
          return new Answer(began, response);
        }
        // Its storage is away.
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      } catch (IOException e) {
        // The server was killed, and is started again soon.
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private long note(
      Answer answer, Kind kind, Worker worker, String version, String checksum, long size) {
    HttpResponse<String> response = answer.response();
    // Of a deletion that was asked for twice, the first may have been done and not answered.
    boolean gone = kind == Kind.DELETED && response.statusCode() == 404;
    if (response.statusCode() != 200 && !gone) {
      throw new AssertionError(
          kind + " " + worker.name + ' ' + version + ": " + response + ' ' + response.body());
    }
    JsonNode told = gone ? MissingNode.getInstance() : Cluster.json(response);
    long revision = told.path("revision").asLong();
    // What was the latest already was made so by an attempt of this write or by one of earlier.
    long known = told.path("changed").asBoolean(true) ? revision : 0;
    recorder.record(
        new Written(
            answer.began(), recorder.now(), kind, worker.name, version, checksum, size, known));
    answered.accumulateAndGet(revision, Math::max);
    return revision;
  }

  /** The highest revision that was answered. */
  long answered() {
    return answered.get();
  }

  /** What made a writer give up. */
  List<Throwable> failures() {
    return List.copyOf(failures);
  }

  /** Lets each writer end what it has begun. */
  void stop() {
    stop = true;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
