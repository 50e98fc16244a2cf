package dev.controlplane.system.harness;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Writers that publish versions without a pause, each of a worker of its own. */
public final class Load implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int SOME = 20;

  private final Cluster cluster;
  private final List<Thread> writers = new ArrayList<>();
  private final Map<String, String> last = new ConcurrentHashMap<>();
  private final AtomicLong answered = new AtomicLong();
  private volatile boolean stop;

  public Load(Cluster cluster, int writers) {
    this.cluster = cluster;
    for (int n = 1; n <= writers; n++) {
      String worker = "busy" + n;
      this.writers.add(Thread.ofVirtual().start(() -> write(worker)));
    }
  }

  private void write(String worker) {
    for (int version = 1; !stop; version++) {
      String content = "version " + version + " of " + worker;
      boolean done = false;
      // What was begun is brought to its end, so that it is known what the latest version is.
      while (!done) {
        HttpResponse<String> response =
            cluster.publish(worker, "" + version, AgentUnderTest.bytes(content));
        done = response.statusCode() == 200;
        if (!done && response.statusCode() != 503) {
          throw new AssertionError(response + ": " + response.body());
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(done ? 5 : 50));
      }
      last.put(worker, content);
      answered.incrementAndGet();
    }
  }

  /** Waits until some more were published. */
  public void awaitMore() {
    long enough = answered.get() + SOME;
    Await.until(LIMIT, () -> SOME + " more are published", () -> answered.get() >= enough);
  }

  /** Lets each writer end what it has begun; the latest version of each worker. */
  public Map<String, String> stop() {
    close();
    return new TreeMap<>(last);
  }

  @Override
  public void close() {
    stop = true;
    for (Thread writer : writers) {
      try {
        if (!writer.join(LIMIT)) {
          writer.interrupt(); // Its servers never came back; the test has failed by now.
        }
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
