package dev.controlplane.server;

import io.helidon.webserver.WebServer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The orderly end of a server process, in these steps:
 *
 * <ol>
 *   <li>{@code /health} answers {@code stopping}.
 *   <li>Streams are ended and sockets closed. Requests in flight get {@link #GRACE} to finish.
 *   <li>Resources are closed, the last opened first; they write what is pending. This begins at
 *       most {@link #DRAIN} after the signal, whatever is still running then.
 * </ol>
 *
 * <p>A process that hangs is halted after {@link #END_LIMIT}.
 */
final class Shutdown {
  /** How long requests in flight may take to finish. */
  static final Duration GRACE = Duration.ofSeconds(3);

  /** How long streams and requests together may take before resources are closed. */
  private static final Duration DRAIN = Duration.ofMillis(3_300);

  private static final Duration END_LIMIT = Duration.ofMillis(4_500);

  private final EventLog log;
  private final ServerSetup setup;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean begun;
  private WebServer server;

  Shutdown(EventLog log, ServerSetup setup) {
    this.log = log;
    this.setup = setup;
  }

  /** Ends this server when the process gets a signal to end. */
  void endsOnSignal(WebServer running) {
    server = running;
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("shutdown").unstarted(this::end));
  }

  /** Whether the shutdown has begun. */
  boolean hasBegun() {
    return begun;
  }

  /** Waits until everything is closed. */
  void await() throws InterruptedException {
    ended.await();
  }

  private void end() {
    begun = true;
    log.info("stopping");
    haltAfter(END_LIMIT);
    Thread draining = Thread.ofPlatform().daemon().name("shutdown-drain").start(this::drain);
    attempt(
        () -> {
          if (!draining.join(DRAIN)) {
            log.warn("drain-cut-short", "after", DRAIN);
          }
        });
    closeResources();
    log.info("stopped");
    log.flush();
    ended.countDown();
  }

  private void drain() {
    setup.draining().forEach(step -> attempt(step::run));
    attempt(server::stop);
  }

  /** Closes the server's resources, the last opened first. */
  void closeResources() {
    for (AutoCloseable resource : setup.resources()) {
      attempt(resource::close);
    }
  }

  private interface Step {
    void run() throws Exception;
  }

  private void attempt(Step step) {
    try {
      step.run();
    } catch (Exception | Error e) {
      log.error("stop-failed", e); // continue: the next step may still save something
    }
  }

  private void haltAfter(Duration limit) {
    Thread.ofPlatform()
        .daemon()
        .name("shutdown-limit")
        .start(
            () -> {
              try {
                if (!ended.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                  log.warn("stop-cut-short", "after", limit);
                  log.flush();
                  Runtime.getRuntime().halt(143);
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }
}
